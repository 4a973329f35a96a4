import { decodeKey, encodeKey, type Key } from '../dynamodb/key.ts'
import { inParallel } from '../runtime/parallel.ts'
import { bucketOf, digest, expiry, quarantineShardPk, shards } from './keys.ts'
import type { LedgerTable } from './table.ts'

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

/** Every quarantined item of a run, in no order. */
export async function listQuarantine(ledger: LedgerTable, run: string): Promise<Quarantined[]> {
  const all = Array.from({ length: shards }, (_, shard) => shard)
  const rows = await inParallel(8, all, (shard) => ledger.query(quarantineShardPk(run, shard), ''))
  const listed = rows.flat().filter((row) => !row.cleared) // Taken off by a live change; kept so that a late delivery knows.
  return listed.map((row) => ({
    key: decodeKey(row.key as string),
    migration: row.migration as string,
    reason: row.reason as string,
    at: row.at as number,
  }))
}
