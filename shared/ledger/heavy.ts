import type { KeyValue } from '../dynamodb/attributes.ts'
import { decodeKeyValue, encodeKeyValue } from '../dynamodb/key.ts'
import { digest, heavyPk } from './keys.ts'
import type { LedgerTable } from './table.ts'

/** A partition key that had to be split before. The next run splits it at once when it reaches it. */
export interface HeavyKey {
  pk: KeyValue
  /** The highest estimate of the items that were left when it was split. */
  items: number
  /** Milliseconds since the epoch. */
  seenAt: number
}

/** Keeps the largest estimate: a later split of the same key sees only a part of it. */
export async function rememberHeavy(
  ledger: LedgerTable,
  table: string,
  { pk, items, seenAt }: HeavyKey,
): Promise<void> {
  const key = encodeKeyValue(pk)
  const id = { pk: heavyPk(table), sk: digest(key) }
  const before = await ledger.get(id.pk, id.sk)
  const row = { ...id, key, items: Math.max(items, Number(before?.items ?? 0)), seenAt }
  await ledger.commit([{ row, expect: 'any' }])
}

export async function listHeavy(ledger: LedgerTable, table: string): Promise<HeavyKey[]> {
  const rows = await ledger.query(heavyPk(table), '')
  return rows.map((row) => ({
    pk: decodeKeyValue(row.key as string),
    items: row.items as number,
    seenAt: row.seenAt as number,
  }))
}
