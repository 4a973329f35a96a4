import { decodeKey, encodeKey, type Key } from '../dynamodb/key.ts'
import { inParallel } from '../runtime/parallel.ts'
import { bucketOf, digest, expiry, quarantineShardPk, shards } from './keys.ts'
import { eachPage } from './pages.ts'
import type { LedgerTable, Row } from './table.ts'

/** A source item that could not be migrated; nothing of it was written. `reason` never holds item contents. */
export interface Quarantined {
  key: Key
  migration: string
  reason: string
  /** Milliseconds since the epoch. */
  at: number
}

/**
 * Lists items as copy finds them, at most 100 in one transaction. An entry that is there already stays as it is: a live
 * change may have made it, and a late delivery of that change must find its number (see `live/poison.ts`).
 */
export async function quarantine(ledger: LedgerTable, run: string, items: Quarantined[]): Promise<void> {
  for (let i = 0; i < items.length; i += 100) {
    const puts = items.slice(i, i + 100).map(({ key, ...entry }) => {
      const text = encodeKey(key)
      const hash = digest(text)
      const pk = quarantineShardPk(run, bucketOf(hash, shards))
      return { row: { pk, sk: hash, key: text, expiresAt: expiry(entry.at), ...entry }, expect: 'absent' as const }
    })
    if (await ledger.commit(puts)) continue
    for (const put of puts) await ledger.commit([put])
  }
}

/** How many items of a run are quarantined now. */
export async function countQuarantine(ledger: LedgerTable, run: string): Promise<number> {
  let items = 0
  await eachListed(ledger, run, () => void items++)
  return items
}

/** Hands over each quarantined item of a run, in no order; a list may be longer than memory. */
export async function eachQuarantined(
  ledger: LedgerTable,
  run: string,
  visit: (item: Quarantined) => void,
): Promise<void> {
  await eachListed(ledger, run, ({ key, migration, reason, at }) =>
    visit({
      key: decodeKey(key as string),
      migration: migration as string,
      reason: reason as string,
      at: at as number,
    }),
  )
}

/** Every quarantined item of a run, in no order: for those who name each. */
export async function listQuarantine(ledger: LedgerTable, run: string): Promise<Quarantined[]> {
  const items: Quarantined[] = []
  await eachQuarantined(ledger, run, (item) => void items.push(item))
  return items
}

async function eachListed(ledger: LedgerTable, run: string, visit: (row: Row) => void): Promise<void> {
  const all = Array.from({ length: shards }, (_, shard) => shard)
  await inParallel(8, all, (shard) =>
    eachPage(ledger, quarantineShardPk(run, shard), (rows) => {
      // Taken off by a live change; kept so that a late delivery knows.
      for (const row of rows) if (!row.cleared) visit(row)
    }),
  )
}
