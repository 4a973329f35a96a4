import { inParallel } from '../runtime/parallel.ts'
import { expiry, runPk } from './keys.ts'
import type { LedgerTable, Row } from './table.ts'

/**
 * A shard that has ended is gone within a day. Its cursor stands beside the rows that everybody reads, and a table of many
 * partitions leaves thousands of them a day.
 */
const closedDays = 2

/** How far drain has come in one shard of the source's stream: everything up to `after` has been applied. */
export interface ShardCursor {
  shard: string
  parent?: string
  /** Sequence number of the last record known to be applied; absent: none, go on from TRIM_HORIZON. */
  after?: string
  /** Sequence number of the record after that, not known to be applied when it was last read: it must still be there next time. */
  next?: string
  /** The shard has ended and all of it has been applied. */
  closed: boolean
}

/**
 * When the stream was last looked at as a whole, ms since the epoch: a shard of which no record was seen yet holds only
 * younger ones. A row of its own, which nothing but looks writes.
 */
export async function readLookedAt(ledger: LedgerTable, run: string): Promise<number | undefined> {
  const row = await ledger.get(runPk(run), 'LOOKED')
  return row?.at as number | undefined
}

export async function writeLookedAt(ledger: LedgerTable, run: string, at: number): Promise<void> {
  await ledger.commit([{ row: { pk: runPk(run), sk: 'LOOKED', at }, expect: 'any' }])
}

export async function listCursors(ledger: LedgerTable, run: string): Promise<ShardCursor[]> {
  const rows = await ledger.query(runPk(run), 'SHARD#')
  return rows.map(({ pk: _pk, sk: _sk, expiresAt: _e, ...cursor }) => cursor as unknown as ShardCursor)
}

/** Stores cursors. One that another drain moved further may go back: its records are only looked at once more. */
export async function saveCursors(
  ledger: LedgerTable,
  run: string,
  cursors: ShardCursor[],
  now: number,
): Promise<void> {
  const puts = cursors.map((cursor) => {
    const expiresAt = cursor.closed ? expiry(now, closedDays) : expiry(now)
    const row: Row = { pk: runPk(run), sk: `SHARD#${cursor.shard}`, expiresAt, ...cursor }
    return { row, expect: 'any' as const }
  })
  const batches = Array.from({ length: Math.ceil(puts.length / 100) }, (_, i) => puts.slice(i * 100, i * 100 + 100))
  await inParallel(4, batches, (batch) => ledger.commit(batch))
}
