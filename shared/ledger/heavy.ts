import type { KeyValue } from '../dynamodb/attributes.ts'
import { decodeKeyValue, encodeKeyValue } from '../dynamodb/key.ts'
import { digest, heavyPk } from './keys.ts'
import type { LedgerTable } from './table.ts'

/** A partition key that had to be split before. The next run splits it at once when it reaches it. */
export interface HeavyKey {
  pk: KeyValue
  /** The highest estimate, by the last run that split it, of the items that were left then. */
  items: number
  /** That run; absent in rows of earlier versions. */
  run?: string
  /** Milliseconds since the epoch. */
  seenAt: number
}

/**
 * Within one run the largest estimate is kept: a later split of the same key sees only a part of it. Another run's is
 * replaced: the key may have shrunk since.
 */
export async function rememberHeavy(
  ledger: LedgerTable,
  table: string,
  { pk, items, run, seenAt }: HeavyKey & { run: string },
): Promise<void> {
  const key = encodeKeyValue(pk)
  const id = { pk: heavyPk(table), sk: digest(key) }
  const before = await ledger.get(id.pk, id.sk)
  const most = before?.run === run ? Math.max(items, Number(before.items)) : items
  await ledger.commit([{ row: { ...id, key, items: most, run, seenAt }, expect: 'any' }])
}

export async function listHeavy(ledger: LedgerTable, table: string): Promise<HeavyKey[]> {
  const rows = await ledger.query(heavyPk(table), '')
  return rows.map(({ key, items, run, seenAt }) => ({
    pk: decodeKeyValue(key as string),
    items: items as number,
    ...(run !== undefined && { run: run as string }),
    seenAt: seenAt as number,
  }))
}
