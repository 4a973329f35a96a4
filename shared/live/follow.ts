import { LedgerError } from '../ledger/errors.ts'
import { listCursors, readCapture, type ShardCursor, saveCursors, writeCapture } from '../ledger/shards.ts'
import type { LedgerTable } from '../ledger/table.ts'
import type { Clock } from '../runtime/ports.ts'
import type { Shard } from './ports.ts'

/** A stream keeps records for 24 hours (DynamoDB Developer Guide, "Change data capture"); an hour is left for looking. */
const keptMs = 23 * 3_600_000

/**
 * The cursor of every shard of the stream, new shards included, in an order in which parents come before children.
 * `trimmed` when records may have been thrown away unread: a shard that is gone had not been read to its end, or a shard
 * without a cursor may have begun, or had a parent, longer ago than records are kept.
 */
export async function followShards(
  shards: Shard[],
  run: string,
  ledger: LedgerTable,
  clock: Clock,
): Promise<ShardCursor[] | 'trimmed'> {
  const capture = await readCapture(ledger, run)
  if (!capture) throw new LedgerError('row-missing', `Capture of run ${run} has not begun. Start it before draining.`)
  const now = clock()
  const known = new Map((await listCursors(ledger, run)).map((cursor) => [cursor.shard, cursor]))
  const alive = new Set(shards.map(({ id }) => id))
  for (const cursor of known.values()) if (!cursor.closed && !alive.has(cursor.shard)) return 'trimmed'
  const fresh = shards.filter(({ id }) => !known.has(id)).map(newCursor)
  if (fresh.length > 0) {
    // What matters has happened since `since`; at `listedAt` every shard had a cursor, so a new one is younger than that.
    if (now - Math.max(capture.since, capture.listedAt ?? 0) > keptMs) return 'trimmed'
    await saveCursors(ledger, run, fresh, now)
  }
  // Only after the cursors are stored: the time stands for all of them.
  await writeCapture(ledger, run, { ...capture, listedAt: now })
  const all = new Map([...known, ...fresh.map((cursor) => [cursor.shard, cursor] as const)])
  return parentsFirst(shards.map(({ id }) => all.get(id) as ShardCursor))
}

function newCursor({ id, parent }: Shard): ShardCursor {
  return parent === undefined ? { shard: id, closed: false } : { shard: id, parent, closed: false }
}

function parentsFirst(cursors: ShardCursor[]): ShardCursor[] {
  const byId = new Map(cursors.map((cursor) => [cursor.shard, cursor]))
  const ordered = new Set<ShardCursor>()
  const visit = (cursor: ShardCursor) => {
    if (ordered.has(cursor)) return
    const parent = cursor.parent === undefined ? undefined : byId.get(cursor.parent)
    if (parent) visit(parent)
    ordered.add(cursor)
  }
  cursors.forEach(visit)
  return [...ordered]
}
