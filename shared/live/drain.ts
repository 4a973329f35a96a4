import { readCapture } from '../ledger/capture.ts'
import { stopReason, type WhyStopped } from '../ledger/fencing.ts'
import { writePolledAt } from '../ledger/shards.ts'
import { inParallel } from '../runtime/parallel.ts'
import type { Deadline } from '../runtime/ports.ts'
import { counted } from '../runtime/text.ts'
import { followShards } from './follow.ts'
import { pollMs, type ShardWalkEngine } from './shard-walk.ts'
import { ShardWalks } from './shard-walks.ts'

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

/**
 * `stream changed`: the stream that capture began with was turned off, so later changes are not in it. `turned off`: the
 * mapping that feeds the live function was, and not by `segue capture off`.
 */
export type WhyDrainStopped = WhyStopped | 'stream changed' | 'turned off'

export type DrainOutcome =
  | { outcome: 'drained' }
  /** The applier is behind by so much: ask again later. */
  | { outcome: 'waiting'; lagSeconds: number; reason: string }
  /**
   * Time is up: ask again, it goes on from its cursors. `lagSeconds`: the oldest change not yet read, or not applied, is at
   * most this old; absent where nothing is known of one.
   */
  | { outcome: 'more'; lagSeconds?: number }
  | { outcome: 'stopped'; reason: WhyDrainStopped }
  /** Changes were thrown away unread: this run cannot be finished truthfully. */
  | { outcome: 'trimmed' }

/**
 * Whether every change up to T has been applied, found out by reading the stream itself: walking every shard, parents
 * first, from cursors of its own. Lambda's records name no shard and a quiet stream looks like a stuck consumer, so
 * nothing simpler can tell.
 */
export async function drain(task: DrainTask, engine: DrainEngine): Promise<DrainOutcome> {
  const whyStop = stopReason(engine.ledger, task, engine.codeHash, engine.runtime.clock)
  // Going on until silence makes no sense with less time than that, so a tenth of what there is at the start is enough.
  const reserveMs = engine.deadline.remainingMs() / 10
  const isTimeUp = () => engine.deadline.remainingMs() < reserveMs
  // Drawn, so that no shard is always the one for which no time is left.
  const firstOf = engine.runtime.random()
  const since = (await readCapture(engine.ledger, task.run))?.since ?? 0
  const walks = new ShardWalks(task.past, { ...engine, run: task.run, since })
  /** A list that lacks the children of a shard that ended is believed only as silence is: after a while. */
  let childlessSince: number | undefined
  for (let round = 0; ; round++) {
    const stopped = await whyStop()
    if (stopped) return { outcome: 'stopped', reason: stopped }
    const listedAt = engine.runtime.clock()
    // Listed again once all known shards have ended: one that closed has left children.
    const followed = await followShards(engine.stream, task.run, engine.ledger, engine.runtime.clock)
    if (followed === 'trimmed') return { outcome: 'trimmed' }
    if (followed === 'stream changed') return { outcome: 'stopped', reason: followed }
    if (walks.list(followed, listedAt) && round > 0) {
      const found = summary(walks)
      if (found.outcome !== 'drained' || !walks.lackChildren(followed)) return found
      childlessSince ??= engine.runtime.clock()
      if (engine.runtime.clock() - childlessSince >= engine.silenceMs) return found
      if (isTimeUp()) return { outcome: 'more' }
      await engine.runtime.sleep(pollMs)
    }
    for (;;) {
      const reason = await whyStop()
      if (reason) return { outcome: 'stopped', reason }
      const { open } = walks
      if (open.length === 0) break
      if (isTimeUp()) return more(walks)
      const now = engine.runtime.clock()
      const ready = open.filter((walk) => walk.readAfter <= now)
      if (ready.length === 0) await engine.runtime.sleep(Math.min(...open.map(({ readAfter }) => readAfter)) - now)
      // Asked before each: one read of each of hundreds, with what has to be looked up, takes minutes.
      await inParallel(shardsAtOnce, inTurn(ready, firstOf), async (walk) => {
        if (!isTimeUp() && !(await whyStop())) await walk.step()
      })
      if (ready.some(({ standing }) => standing.kind === 'trimmed')) return { outcome: 'trimmed' }
    }
    // Only now: a look that was killed before it had read everything proves nothing.
    if (round === 0) await writePolledAt(engine.ledger, task.run, walks.unseenFrom(listedAt))
  }
}

/**
 * Moves the cursors over what has been applied so far and says how far behind the applier is. Asked every few minutes
 * while copy is at work, so that drain has little left to read and trimming is noticed.
 */
export async function advance(task: { run: string; fence: number }, engine: DrainEngine): Promise<DrainOutcome> {
  const silenceMs = Math.min(engine.silenceMs, lookMs)
  // So early that the first list is later: what is new in the next ones can wait for the next look.
  const past = engine.runtime.clock() - engine.slackMs
  return drain({ ...task, past }, { ...engine, silenceMs })
}

/** The same, beginning at that share of them, in [0, 1). */
function inTurn<T>(all: T[], first: number): T[] {
  const from = Math.floor(all.length * first)
  return [...all.slice(from), ...all.slice(0, from)]
}

function summary(walks: ShardWalks): DrainOutcome {
  const behind = walks.behind.length
  if (behind === 0) return { outcome: 'drained' }
  const reason = `${counted(behind, 'shard')} with a change that is not applied yet`
  return { outcome: 'waiting', lagSeconds: walks.lagSeconds() ?? 0, reason }
}

function more(walks: ShardWalks): DrainOutcome {
  const lagSeconds = walks.lagSeconds()
  return { outcome: 'more', ...(lagSeconds !== undefined && { lagSeconds }) }
}
