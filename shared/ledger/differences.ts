import { decodeKey, encodeKey, type Key } from '../dynamodb/key.ts'
import { inParallel } from '../runtime/parallel.ts'
import { eachChunk, isCounted, type PagePlace } from './chunks.ts'
import { bucketOf, differenceShardPk, digest, expiry, shards } from './keys.ts'
import { eachPage } from './pages.ts'
import type { PassId } from './passes.ts'
import type { LedgerTable, Row } from './table.ts'

/**
 * A place where the destination does not match the migrated source. If two source items claim one key, each has its own
 * difference, as in the tallies.
 */
export interface Difference {
  kind: 'missing' | 'different' | 'orphan'
  /** Key in the destination. */
  key: Key
  /** The source item that makes it; for an orphan, the items that may have made it. */
  sources: Key[]
  /** Names of the attributes that differ, where both sides have the item. */
  attributes: string[]
  /** Milliseconds since the epoch. */
  at: number
}

/** Partitions of the list. */
export const differenceShards = shards

/**
 * Lists the differences of one page. Differences that another slice listed for the same items stay beside them: only
 * the checkpoints tell which ones count, see {@link countedRows}.
 */
export async function recordDifferences(
  ledger: LedgerTable,
  run: string,
  verification: number,
  differences: Difference[],
  place: PagePlace,
): Promise<void> {
  for (const { key, sources: from, ...entry } of differences) {
    const text = encodeKey(key)
    const hash = digest(text)
    const pk = differenceShardPk(run, verification, bucketOf(hash, shards))
    const sources = from.map(encodeKey)
    const sk = `${hash}#${digest(JSON.stringify([place.pass, place.chunk, place.epoch, ...sources]))}`
    const row = { pk, sk, key: text, sources, expiresAt: expiry(entry.at), ...entry, ...place }
    await ledger.commit([{ row, expect: 'any' }])
  }
}

/**
 * Visits each difference of one verification that its tallies count. Keeps no list, which may be larger than memory.
 */
export async function eachDifference(
  ledger: LedgerTable,
  run: string,
  verification: number,
  visit: (difference: Difference) => void,
): Promise<void> {
  const read = reading(ledger, run, verification)
  await inParallel(8, allShards, (shard) => read(shard, visit))
}

/** All counted differences of one verification, always in the same order. */
export async function listDifferences(ledger: LedgerTable, run: string, verification: number): Promise<Difference[]> {
  const read = reading(ledger, run, verification)
  const partitions = await inParallel(8, allShards, async (shard) => {
    const differences: Difference[] = []
    await read(shard, (difference) => void differences.push(difference))
    return differences
  })
  return partitions.flat()
}

const allShards = Array.from({ length: differenceShards }, (_, shard) => shard)

function reading(ledger: LedgerTable, run: string, verification: number) {
  const counted = countedRows(ledger, run)
  return (shard: number, visit: (difference: Difference) => void) =>
    eachPage(ledger, differenceShardPk(run, verification, shard), async (rows) => {
      for (const row of await counted(rows)) visit(differenceOf(row))
    })
}

/**
 * Keeps the rows of the list that the tallies count. If a slice dies or comes late, the next slice verifies its pages
 * again, and the earlier rows no longer count. Chunk rows are read once, and only if there is a difference; of each, only what
 * counting needs is held.
 */
export function countedRows(ledger: LedgerTable, run: string): (rows: Row[]) => Promise<Row[]> {
  const chunksOf = new Map<PassId, Promise<Map<string, Counting>>>()
  const counts = async (place: PagePlace) => {
    const reading = chunksOf.get(place.pass) ?? countingOf(ledger, run, place.pass)
    chunksOf.set(place.pass, reading)
    const chunk = (await reading).get(place.chunk)
    // Chunk rows expire. Showing one difference too many is better than hiding one.
    return !chunk || isCounted(place, chunk)
  }
  return async (rows) => {
    const counted: Row[] = []
    for (const row of rows) if (await counts(row as unknown as PagePlace)) counted.push(row)
    return counted
  }
}

/** What tells whether a chunk counts a page. */
type Counting = Parameters<typeof isCounted>[1]

async function countingOf(ledger: LedgerTable, run: string, pass: PassId): Promise<Map<string, Counting>> {
  const counting = new Map<string, Counting>()
  await eachChunk(ledger, run, pass, ({ id, starts, tallies }) => void counting.set(id, { starts, read: tallies.read }))
  return counting
}

export function differenceOf(row: Row): Difference {
  return {
    kind: row.kind as Difference['kind'],
    key: decodeKey(row.key as string),
    sources: (row.sources as string[]).map(decodeKey),
    attributes: row.attributes as string[],
    at: row.at as number,
  }
}
