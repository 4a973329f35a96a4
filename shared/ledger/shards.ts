import { inParallel } from '../runtime/parallel.ts'
import { expiry, runPk } from './keys.ts'
import type { LedgerTable, Row } from './table.ts'

/**
 * Days until the cursor of an ended shard expires. The shard itself is gone within a day. A table of many partitions
 * leaves thousands of cursors a day, beside rows that every function reads.
 */
const closedDays = 2

/**
 * Drain's position in one shard of a stream: everything up to `after` has been applied. A feed is a stream with what
 * applies it; the source's has the id of its run.
 */
export interface ShardCursor {
  shard: string
  parent?: string
  /** Sequence number of the last record known to be applied. No value: start from TRIM_HORIZON. */
  after?: string
  /**
   * Sequence number of the record after that, which was not known to be applied when it was last read. The next read
   * must still find it.
   */
  next?: string
  /** The shard has ended and every record in it has been applied. */
  closed: boolean
}

/**
 * When the whole stream was last polled, ms since the epoch. A shard with no record seen yet holds only younger
 * records. Only the poll writes this row.
 */
export async function readPolledAt(ledger: LedgerTable, feed: string): Promise<number | undefined> {
  const row = await ledger.get(runPk(feed), 'LOOKED')
  return row?.at as number | undefined
}

export async function writePolledAt(ledger: LedgerTable, feed: string, at: number): Promise<void> {
  await ledger.commit([{ row: { pk: runPk(feed), sk: 'LOOKED', at }, expect: 'any' }])
}

export async function listCursors(ledger: LedgerTable, feed: string): Promise<ShardCursor[]> {
  const rows = await ledger.query(runPk(feed), 'SHARD#')
  return rows.map(({ pk: _pk, sk: _sk, expiresAt: _e, ...cursor }) => cursor as unknown as ShardCursor)
}

/**
 * Stores cursors. A cursor that another drain moved further may move back: its records are then only read once more.
 */
export async function saveCursors(
  ledger: LedgerTable,
  feed: string,
  cursors: ShardCursor[],
  now: number,
): Promise<void> {
  const puts = cursors.map((cursor) => {
    const expiresAt = cursor.closed ? expiry(now, closedDays) : expiry(now)
    const row: Row = { pk: runPk(feed), sk: `SHARD#${cursor.shard}`, expiresAt, ...cursor }
    return { row, expect: 'any' as const }
  })
  const batches = Array.from({ length: Math.ceil(puts.length / 100) }, (_, i) => puts.slice(i * 100, i * 100 + 100))
  await inParallel(4, batches, (batch) => ledger.commit(batch))
}
