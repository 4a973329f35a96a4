import { decodeKey, encodeKey, type Key } from '../dynamodb/key.ts'
import { inParallel } from '../runtime/parallel.ts'
import { bucketOf, differenceShardPk, digest, expiry, shards } from './keys.ts'
import type { LedgerTable } from './table.ts'

/** A destination key at which verify found something else than the migrated source. */
export interface Difference {
  kind: 'missing' | 'different' | 'orphan'
  /** Key in the destination. */
  key: Key
  /** Source items that make it, or may have made it. */
  sources: Key[]
  /** Names of the attributes that differ, where both sides have the item. */
  attributes: string[]
  /** Milliseconds since the epoch. */
  at: number
}

/** Lists differences of one verification; the same key again replaces its entry. */
export async function recordDifferences(
  ledger: LedgerTable,
  run: string,
  verification: number,
  differences: Difference[],
): Promise<void> {
  for (const { key, sources, ...entry } of differences) {
    const text = encodeKey(key)
    const hash = digest(text)
    const pk = differenceShardPk(run, verification, bucketOf(hash, shards))
    const row = { pk, sk: hash, key: text, sources: sources.map(encodeKey), expiresAt: expiry(entry.at), ...entry }
    await ledger.commit([{ row, expect: 'any' }])
  }
}

/** Every difference of one verification, in no order. */
export async function listDifferences(ledger: LedgerTable, run: string, verification: number): Promise<Difference[]> {
  const all = Array.from({ length: shards }, (_, shard) => shard)
  const rows = await inParallel(8, all, (shard) => ledger.query(differenceShardPk(run, verification, shard), ''))
  return rows.flat().map((row) => ({
    kind: row.kind as Difference['kind'],
    key: decodeKey(row.key as string),
    sources: (row.sources as string[]).map(decodeKey),
    attributes: row.attributes as string[],
    at: row.at as number,
  }))
}
