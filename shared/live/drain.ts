import { readCapture } from '../ledger/shards.ts'
import { inParallel } from '../runtime/parallel.ts'
import type { Deadline } from '../runtime/ports.ts'
import { followShards } from './follow.ts'
import { stopSign, type WhyStopped } from './gate.ts'
import { pollMs, ShardWalk, type ShardWalkEngine } from './shard-walk.ts'

/** How long {@link advance} waits for an open shard to answer: a few empty answers in a row are common. */
const lookMs = 5_000
/** Shards read at once. */
const shardsAtOnce = 16

export interface DrainTask {
  run: string
  fence: number
  /** T, ms since the epoch: everything that happened up to then must have been applied. */
  past: number
}

export interface DrainEngine extends Omit<ShardWalkEngine, 'run' | 'since'> {
  deadline: Deadline
  codeHash: string
}

export type DrainOutcome =
  | { outcome: 'drained' }
  /** The applier is behind by so much: ask again later. */
  | { outcome: 'waiting'; lagSeconds: number; reason: string }
  /** Time is up: ask again, it goes on from its cursors. */
  | { outcome: 'more' }
  | { outcome: 'stopped'; reason: WhyStopped }
  /** Changes were thrown away unread: this run cannot be finished truthfully. */
  | { outcome: 'trimmed' }

/**
 * Whether every change up to T has been applied, found out by reading the stream itself: walking every shard, parents
 * first, from cursors of its own. Lambda's records name no shard and a quiet stream looks like a stuck consumer, so
 * nothing simpler can tell.
 */
export async function drain(task: DrainTask, engine: DrainEngine): Promise<DrainOutcome> {
  const whyStop = stopSign(engine.ledger, task, engine.codeHash, engine.runtime.clock)
  // Going on until silence makes no sense with less time than that, so a tenth of what there is at the start is enough.
  const reserveMs = engine.deadline.remainingMs() / 10
  const walks = new Map<string, ShardWalk>()
  for (let round = 0; ; round++) {
    // Listed again once all known shards have ended: one that closed has left children.
    const cursors = await followShards(await engine.stream.shards(), task.run, engine.ledger, engine.runtime.clock)
    if (cursors === 'trimmed') return { outcome: 'trimmed' }
    const fresh = cursors.filter(({ shard }) => !walks.has(shard))
    const since = (await readCapture(engine.ledger, task.run))?.since ?? 0
    if (round > 0 && fresh.length === 0) return summary([...walks.values()], engine)
    for (const cursor of fresh)
      walks.set(cursor.shard, new ShardWalk(cursor, task.past, { ...engine, run: task.run, since }))
    for (;;) {
      const reason = await whyStop()
      if (reason) return { outcome: 'stopped', reason }
      const open = [...walks.values()].filter((walk) => walk.going && mayRead(walk, walks))
      if (open.length === 0) break
      if (engine.deadline.remainingMs() < reserveMs) return { outcome: 'more' }
      const ready = open.filter((walk) => walk.readAfter <= engine.runtime.clock())
      if (ready.length === 0) await engine.runtime.sleep(pollMs)
      await inParallel(shardsAtOnce, ready, (walk) => walk.step())
      if (ready.some(({ standing }) => standing.kind === 'trimmed')) return { outcome: 'trimmed' }
    }
  }
}

/**
 * Moves the cursors over what has been applied so far and says how far behind the applier is. Asked every few minutes
 * while copy is at work, so that drain has little left to read and trimming is noticed.
 */
export async function advance(task: { run: string; fence: number }, engine: DrainEngine): Promise<DrainOutcome> {
  const silenceMs = Math.min(engine.silenceMs, lookMs)
  return drain({ ...task, past: engine.runtime.clock() }, { ...engine, silenceMs })
}

/** A shard is read once its parent has nothing left that matters. */
function mayRead(walk: ShardWalk, walks: Map<string, ShardWalk>): boolean {
  const parent = walk.cursor.parent === undefined ? undefined : walks.get(walk.cursor.parent)
  return (
    !parent || parent.standing.kind === 'closed' || parent.standing.kind === 'silent' || parent.standing.kind === 'past'
  )
}

function summary(walks: ShardWalk[], { runtime }: Pick<DrainEngine, 'runtime'>): DrainOutcome {
  const behind = walks.flatMap(({ standing }) => (standing.kind === 'behind' ? [standing.at] : []))
  if (behind.length === 0) return { outcome: 'drained' }
  const lagSeconds = Math.max(0, Math.round((runtime.clock() - Math.min(...behind)) / 1000))
  return { outcome: 'waiting', lagSeconds, reason: `${behind.length} shards have a change that is not applied yet` }
}
