import { readCapture } from '../ledger/capture.ts'
import { LedgerError } from '../ledger/errors.ts'
import { listCursors, readPolledAt, type ShardCursor, saveCursors } from '../ledger/shards.ts'
import type { LedgerTable } from '../ledger/table.ts'
import type { Clock } from '../runtime/ports.ts'
import type { Shard, Stream } from './ports.ts'

/**
 * A stream keeps records for 24 hours (DynamoDB Developer Guide, "Change data capture"); an hour is a margin for
 * polling.
 */
const keptMs = 23 * 3_600_000

/**
 * Whether a stream still has every record since a moment. If it has those from `since` on, all trimmed records are
 * older, and copy has seen their changes.
 */
export function keepsFrom(moment: number, now: number): boolean {
  return now - moment <= keptMs
}

/** A shard of the stream and the position to read it from. */
export interface ListedShard {
  cursor: ShardCursor
  /** The shard gets no more records. */
  ended: boolean
  /** The shard is listed, and no child of it is known. An ended shard always gets a child, but a list may be old. */
  childless: boolean
}

/**
 * The position to read from in every shard of the stream, new shards included, parents before children. Includes shards
 * that are no longer listed but were not read to their end: reading one shows whether it is gone. Returns `trimmed`
 * when changes since capture began may have been trimmed unread: a shard has no record seen yet, and the last poll of
 * all shards was longer ago than records are kept. Returns `stream changed` when this is not the stream that capture
 * began with, or it was turned off.
 */
export async function listShards(
  stream: Stream,
  feed: string,
  ledger: LedgerTable,
  clock: Clock,
): Promise<ListedShard[] | 'trimmed' | 'stream changed'> {
  const capture = await readCapture(ledger, feed)
  if (!capture) throw new LedgerError('row-missing', `Capture of feed ${feed} has not begun. Start it before draining.`)
  // Another stream has none of these shards, so they would seem to have aged out.
  if (capture.stream !== stream.arn) return 'stream changed'
  const now = clock()
  const shards = await readShards(stream)
  if (shards === 'off') return 'stream changed'
  const known = await listCursors(ledger, feed)
  const byId = new Map(known.map((cursor) => [cursor.shard, cursor]))
  const fresh = shards.filter(({ id }) => !byId.has(id)).map(newCursor)
  for (const cursor of fresh) byId.set(cursor.shard, cursor)
  const listed = new Map(shards.map((shard) => [shard.id, shard]))
  const relevant = [...byId.values()].filter(({ shard, closed }) => listed.has(shard) || !closed)
  // If a record was seen, reading further shows whether the next one is gone. If none was, only time tells.
  const unseen = relevant.some(({ after, next, closed }) => after === undefined && next === undefined && !closed)
  const youngerThan = Math.max(capture.since, (await readPolledAt(ledger, feed)) ?? 0)
  if (unseen && !keepsFrom(youngerThan, now)) return 'trimmed'
  if (fresh.length > 0) await saveCursors(ledger, feed, fresh, now)
  const parents = new Set([...byId.values()].map(({ parent }) => parent))
  return parentsFirst(
    relevant.map((cursor) => {
      const { shard } = cursor
      // A page older than the one with its child may list it as open.
      const ended = parents.has(shard) || (listed.get(shard)?.ended ?? true)
      return { cursor, ended, childless: listed.has(shard) && !parents.has(shard) }
    }),
  )
}

/**
 * Closes the shards that have ended by now, up to a day of history: they hold only changes from before capture begins,
 * at `since` (ms), which copy sees. Does nothing if listing them lasted beyond `since`.
 */
export async function closeEnded(
  stream: Pick<Stream, 'shards'>,
  feed: string,
  since: number,
  ledger: LedgerTable,
  clock: Clock,
): Promise<void> {
  const shards = await readShards(stream)
  const now = clock()
  if (shards === 'off' || now > since) return
  const ended = shards.filter(({ ended }) => ended).map((shard) => ({ ...newCursor(shard), closed: true }))
  await saveCursors(ledger, feed, ended, now)
}

async function readShards(stream: Pick<Stream, 'shards'>): Promise<Shard[] | 'off'> {
  const shards: Shard[] = []
  let after: string | undefined
  do {
    const page = await stream.shards(after)
    if (!page.enabled) return 'off'
    shards.push(...page.shards)
    after = page.next
  } while (after !== undefined)
  return shards
}

function newCursor({ id, parent }: Shard): ShardCursor {
  return parent === undefined ? { shard: id, closed: false } : { shard: id, parent, closed: false }
}

function parentsFirst(shards: ListedShard[]): ListedShard[] {
  const byId = new Map(shards.map((each) => [each.cursor.shard, each]))
  const ordered = new Set<ListedShard>()
  const visit = (each: ListedShard) => {
    if (ordered.has(each)) return
    const parent = each.cursor.parent === undefined ? undefined : byId.get(each.cursor.parent)
    if (parent) visit(parent)
    ordered.add(each)
  }
  shards.forEach(visit)
  return [...ordered]
}
