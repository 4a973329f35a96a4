import { readCapture } from '../ledger/capture.ts'
import { LedgerError } from '../ledger/errors.ts'
import { listCursors, readPolledAt, type ShardCursor, saveCursors } from '../ledger/shards.ts'
import type { LedgerTable } from '../ledger/table.ts'
import type { Clock } from '../runtime/ports.ts'
import type { Shard, Stream } from './ports.ts'

/** A stream keeps records for 24 hours (DynamoDB Developer Guide, "Change data capture"); an hour is left for looking. */
const keptMs = 23 * 3_600_000

/**
 * Whether a stream still has every record from a moment on. While it has those from `since` on, whatever it has thrown
 * away is older than that, and copy's business.
 */
export function keepsFrom(moment: number, now: number): boolean {
  return now - moment <= keptMs
}

/** Where one shard is to be read on. */
export interface FollowedShard {
  cursor: ShardCursor
  /** Nothing is added to it any more. */
  ended: boolean
  /** It is listed, and no child of it is known. Where something ended, something new begins; but a list may be old. */
  childless: boolean
}

/**
 * Where to read on in every shard of the stream, new shards included, in an order in which parents come before children.
 * One that is not listed any more and was not read to its end is among them: reading it shows whether it is gone.
 * `trimmed` when changes since capture began may have been thrown away unread: there is a shard of which no record was seen
 * yet, and the last look at all of them was longer ago than records are kept. `stream changed` when this is not the stream
 * that capture began with, or it was turned off.
 */
export async function followShards(
  stream: Stream,
  run: string,
  ledger: LedgerTable,
  clock: Clock,
): Promise<FollowedShard[] | 'trimmed' | 'stream changed'> {
  const capture = await readCapture(ledger, run)
  if (!capture) throw new LedgerError('row-missing', `Capture of run ${run} has not begun. Start it before draining.`)
  // Another stream knows none of the shards, and would make them look as if they had aged out.
  if (capture.stream !== stream.arn) return 'stream changed'
  const now = clock()
  const shards = await listShards(stream)
  if (shards === 'off') return 'stream changed'
  const known = await listCursors(ledger, run)
  const byId = new Map(known.map((cursor) => [cursor.shard, cursor]))
  const fresh = shards.filter(({ id }) => !byId.has(id)).map(newCursor)
  for (const cursor of fresh) byId.set(cursor.shard, cursor)
  const listed = new Map(shards.map((shard) => [shard.id, shard]))
  const followed = [...byId.values()].filter(({ shard, closed }) => listed.has(shard) || !closed)
  // Where a record was seen, reading on shows whether it is gone; where none was, only the time tells.
  const unseen = followed.some(({ after, next, closed }) => after === undefined && next === undefined && !closed)
  const youngerThan = Math.max(capture.since, (await readPolledAt(ledger, run)) ?? 0)
  if (unseen && !keepsFrom(youngerThan, now)) return 'trimmed'
  if (fresh.length > 0) await saveCursors(ledger, run, fresh, now)
  const parents = new Set([...byId.values()].map(({ parent }) => parent))
  return parentsFirst(
    followed.map((cursor) => {
      const { shard } = cursor
      // A page that was older than the one with its child may show it as open.
      const ended = parents.has(shard) || (listed.get(shard)?.ended ?? true)
      return { cursor, ended, childless: listed.has(shard) && !parents.has(shard) }
    }),
  )
}

/**
 * Lets nobody read the shards that have ended by now, up to a day of history: they hold only what happened before capture
 * begins, at `since` (ms), which copy sees. Does nothing where listing them took longer than until then.
 */
export async function closeEnded(
  stream: Pick<Stream, 'shards'>,
  run: string,
  since: number,
  ledger: LedgerTable,
  clock: Clock,
): Promise<void> {
  const shards = await listShards(stream)
  const now = clock()
  if (shards === 'off' || now > since) return
  const ended = shards.filter(({ ended }) => ended).map((shard) => ({ ...newCursor(shard), closed: true }))
  await saveCursors(ledger, run, ended, now)
}

async function listShards(stream: Pick<Stream, 'shards'>): Promise<Shard[] | 'off'> {
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

function parentsFirst(shards: FollowedShard[]): FollowedShard[] {
  const byId = new Map(shards.map((each) => [each.cursor.shard, each]))
  const ordered = new Set<FollowedShard>()
  const visit = (each: FollowedShard) => {
    if (ordered.has(each)) return
    const parent = each.cursor.parent === undefined ? undefined : byId.get(each.cursor.parent)
    if (parent) visit(parent)
    ordered.add(each)
  }
  shards.forEach(visit)
  return [...ordered]
}
