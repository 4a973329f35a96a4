import { readCapture } from '../ledger/capture.ts'
import {
  type Code,
  continueUnless,
  liveStopReason,
  orStopped,
  type StopReason,
  stopReason,
  type WhyStopped,
} from '../ledger/fencing.ts'
import { writePolledAt } from '../ledger/shards.ts'
import { inParallel } from '../runtime/parallel.ts'
import type { Deadline } from '../runtime/ports.ts'
import type { Ask } from '../runtime/retry.ts'
import { counted } from '../runtime/text.ts'
import { listShards } from './listed-shards.ts'
import type { Stream } from './ports.ts'
import { retryingStream } from './retrying-ports.ts'
import { pollMs, type ShardDrainEngine } from './shard-drain.ts'
import { ShardDrains } from './shard-drains.ts'

/** How long {@link advance} waits for records of an open shard: a few empty reads in a row are common. */
const listenMs = 5_000
/** Shards read at once. */
const shardsAtOnce = 16

export interface DrainTask {
  run: string
  fence: number
  /** T, ms since the epoch: every change up to then must have been applied. */
  past: number
}

export interface DrainEngine extends Omit<ShardDrainEngine, 'since' | 'stream'> {
  /** Without retries. */
  stream: Stream
  deadline: Deadline
  /** The code that applies the feed. */
  code: Code
}

/**
 * `stream changed`: the stream that capture began with was turned off, so it lacks later changes. `turned off`: the
 * mapping that feeds the live function was turned off, and not by `segue capture off`.
 */
export type WhyDrainStopped = WhyStopped | 'stream changed' | 'turned off'

export type DrainOutcome =
  | { outcome: 'drained' }
  /** The applier is behind by `lagSeconds`: retry later. */
  | { outcome: 'waiting'; lagSeconds: number; reason: string }
  /**
   * Time is up: call again to continue from the cursors. No change that is unread or unapplied is older than
   * `lagSeconds`; no value if none is known.
   */
  | { outcome: 'more'; lagSeconds?: number }
  | { outcome: 'stopped'; reason: WhyDrainStopped }
  /** The stream trimmed changes before they were read: to report this run as finished would be wrong. */
  | { outcome: 'trimmed' }

/**
 * Whether every change up to T has been applied. Reads the stream itself: every shard, parents first, from cursors of
 * its own. Nothing simpler can tell: Lambda's records name no shard, and a quiet stream resembles a stuck consumer.
 */
export function drain(task: DrainTask, engine: DrainEngine): Promise<DrainOutcome> {
  return drainUnless(task, engine, stopReason(engine.ledger, task, engine.code, engine.runtime.clock))
}

function drainUnless(task: DrainTask, engine: DrainEngine, whyStop: StopReason): Promise<DrainOutcome> {
  const ask = continueUnless(whyStop)
  // Asked before each read: reading hundreds of shards once, and checking their records, takes minutes.
  const stream = retryingStream(engine.stream, engine.runtime, ask)
  return orStopped(() => poll(task, { ...engine, stream }, ask))
}

async function poll(task: DrainTask, engine: DrainEngine, ask: Ask): Promise<DrainOutcome> {
  // Waiting for silence needs more time than this, so a tenth of the time at the start is enough.
  const reserveMs = engine.deadline.remainingMs() / 10
  const isTimeUp = () => engine.deadline.remainingMs() < reserveMs
  // Random, so that no shard is always the one without time left.
  const firstOf = engine.runtime.random()
  const since = (await readCapture(engine.ledger, engine.feed))?.since ?? 0
  const drains = new ShardDrains(task.past, { ...engine, since })
  /**
   * When the children of an ended shard were first missing from the list. An old list may miss them, so it is trusted
   * only after as long as silence.
   */
  let childlessSince: number | undefined
  for (let round = 0; ; round++) {
    const listedAt = engine.runtime.clock()
    // Lists the shards again once all known ones have ended: a closed shard has left children.
    const shards = await listShards(engine.stream, engine.feed, engine.ledger, engine.runtime.clock)
    if (shards === 'trimmed') return { outcome: 'trimmed' }
    if (shards === 'stream changed') return { outcome: 'stopped', reason: shards }
    if (drains.list(shards, listedAt) && round > 0) {
      const found = summary(drains)
      if (found.outcome !== 'drained' || !drains.missChildren(shards)) return found
      childlessSince ??= engine.runtime.clock()
      if (engine.runtime.clock() - childlessSince >= engine.silenceMs) return found
      if (isTimeUp()) return { outcome: 'more' }
      await engine.runtime.sleep(pollMs)
    }
    for (;;) {
      await ask()
      const { open } = drains
      if (open.length === 0) break
      if (isTimeUp()) return more(drains)
      const now = engine.runtime.clock()
      const ready = open.filter((shard) => shard.readAfter <= now)
      if (ready.length === 0) await engine.runtime.sleep(Math.min(...open.map(({ readAfter }) => readAfter)) - now)
      await inParallel(shardsAtOnce, inTurn(ready, firstOf), async (shard) => {
        if (!isTimeUp()) await shard.step()
      })
      if (ready.some(({ standing }) => standing.kind === 'trimmed')) return { outcome: 'trimmed' }
    }
    // Stored only now: a poll that was killed before it had read everything proves nothing.
    if (round === 0) await writePolledAt(engine.ledger, engine.feed, drains.unseenFrom(listedAt))
  }
}

/**
 * Moves the cursors past applied changes and returns how far behind the applier is. Called every few minutes while copy
 * is at work, so that drain has little left to read and trimming is noticed.
 */
export async function advance(task: { run: string; fence: number }, engine: DrainEngine): Promise<DrainOutcome> {
  const silenceMs = Math.min(engine.silenceMs, listenMs)
  // So early that the first list is later than T: changes in later lists can wait for the next poll.
  const past = engine.runtime.clock() - engine.slackMs
  const whyStop = liveStopReason(engine.ledger, task, engine.code, engine.runtime.clock)
  return drainUnless({ ...task, past }, { ...engine, silenceMs }, whyStop)
}

/** The same elements, rotated to begin at a share of them in [0, 1). */
function inTurn<T>(all: T[], first: number): T[] {
  const from = Math.floor(all.length * first)
  return [...all.slice(from), ...all.slice(0, from)]
}

function summary(drains: ShardDrains): DrainOutcome {
  const behind = drains.behind.length
  if (behind === 0) return { outcome: 'drained' }
  const reason = `${counted(behind, 'shard')} with a change that is not applied yet`
  return { outcome: 'waiting', lagSeconds: drains.lagSeconds() ?? 0, reason }
}

function more(drains: ShardDrains): DrainOutcome {
  const lagSeconds = drains.lagSeconds()
  return { outcome: 'more', ...(lagSeconds !== undefined && { lagSeconds }) }
}
