import { enteredAt, enterPhase } from '../facts/phase.ts'
import { readCapture } from '../ledger/capture.ts'
import { stopReason } from '../ledger/fencing.ts'
import { type Lag, readLag } from '../ledger/lag.ts'
import type { Phase } from '../ledger/passes.ts'
import type { RunRecord } from '../ledger/runs.ts'
import { type DrainEngine, type DrainTask, drain, type WhyDrainStopped } from '../live/drain.ts'
import { recordLag } from '../live/lag.ts'
import type { Beating } from './beat.ts'
import { type Ended, haltRun, pauseRun } from './halt.ts'
import type { HaltCode } from './halts.ts'
import { drainGivesUpMs, drainWaitSeconds, machineWaitSeconds } from './waits.ts'

export type Drained = { outcome: 'drained' } | { outcome: 'more' } | { outcome: 'waiting'; seconds: number } | Ended

/** Why a run halts in the phase that drains a feed. */
export interface Halted {
  error: HaltCode
  cause: string
}

/** What differs between the feeds. */
export interface DrainedFeed {
  phase: Phase
  /** Changes were not applied for longer than the stream keeps them. */
  neverDrained: Halted
  /** They are not applied at all. */
  stopped(reason: Exclude<WhyDrainStopped, 'paused' | 'stream changed'>): Halted
  /** Called once changes are lost. */
  lost(because: 'trimmed' | 'stream changed'): Promise<Halted>
  /** Asked before each poll: why there is nothing to wait for any more, beyond what the stream tells. */
  givenUp?(): Promise<Halted | undefined>
}

const trimmed: Halted = {
  error: 'stream-trimmed',
  cause:
    'The stream trimmed changes before they were applied: it keeps them for 24 hours. ' +
    'The destination may miss them. Turn live changes off (`segue capture off`), empty the destination and start a new run; `docs/live-changes.md` explains how this is detected.',
}

const streamChanged: Halted = {
  error: 'stream-changed',
  cause:
    'The stream that the run captures from was turned off, so the destination may miss the changes since then. Enable it, deploy with the ARN it has now, empty the destination and start a new run.',
}

const source: DrainedFeed = {
  phase: 'Drain',
  neverDrained: {
    error: 'live-behind',
    cause: `Live changes up to the end of copy were not applied within ${drainGivesUpMs / 3_600_000} hours, longer than the stream keeps them. The errors of the live function in CloudWatch Logs name the reason. Mend it, then \`segue run --resume\`: it shows whether something was lost.`,
  },
  stopped: whyStopped,
  lost: async (because) => (because === 'trimmed' ? trimmed : streamChanged),
}

/** How often a wait asks whether it must stop, ms. */
const askMs = 5_000

/**
 * Drains. Waits for live changes within the invocation, for as long as it lasts: a pause then takes effect in seconds,
 * and the machine makes few rounds. Halts the run if changes were lost or are not applied.
 * @param beat called every few seconds of a wait.
 */
export async function drainRun(
  task: DrainTask,
  engine: DrainEngine,
  feed: DrainedFeed = source,
  beat: Beating = async () => {},
): Promise<Drained> {
  const { ledger, runtime, deadline, code, silenceMs } = engine
  // A poll reads what is left, listens for silence, and reads again what came meanwhile.
  const pollMs = 2 * silenceMs + deadline.remainingMs() / 10
  const run = await enterPhase(task, feed.phase, engine)
  const whyStop = stopReason(ledger, task, code, runtime.clock)
  for (;;) {
    const drained = await poll(task, run, engine, feed)
    if (drained.outcome !== 'waiting') return drained
    const due = runtime.clock() + drained.seconds * 1000
    const leftMs = () => Math.min(due - runtime.clock(), deadline.remainingMs() - pollMs)
    while (leftMs() > 0 && !(await whyStop())) {
      await beat()
      await runtime.sleep(Math.ceil(Math.min(askMs, leftMs())))
    }
    // The poll says why it stops.
    if (deadline.remainingMs() <= pollMs && !(await whyStop()))
      return { outcome: 'waiting', seconds: machineWaitSeconds((due - runtime.clock()) / 1000) }
  }
}

async function poll(task: DrainTask, run: RunRecord, engine: DrainEngine, feed: DrainedFeed): Promise<Drained> {
  const givenUp = await feed.givenUp?.()
  if (givenUp) return haltRun({ ...task, ...givenUp }, engine)
  const found = await drain(task, engine)
  // The function that applies may be of another version than this one. The stream monitor records why it does not apply
  // changes.
  const stopped = found.outcome === 'waiting' ? await whyNotApplied(run, feed, engine) : undefined
  if (stopped) return haltRun({ ...task, ...(await haltedBy(stopped, feed)) }, engine)
  await recordLag(engine.feed, found, engine)
  const waitedMs = engine.runtime.clock() - enteredAt(run, feed.phase)
  if ((found.outcome === 'waiting' || found.outcome === 'more') && waitedMs >= drainGivesUpMs)
    return haltRun({ ...task, ...feed.neverDrained }, engine)
  switch (found.outcome) {
    case 'drained':
    case 'more':
      return { outcome: found.outcome }
    case 'waiting':
      return { outcome: 'waiting', seconds: drainWaitSeconds(waitedMs, found.lagSeconds) }
    case 'stopped':
      if (found.reason === 'paused') return pauseRun(task, engine)
      return haltRun({ ...task, ...(await haltedBy(found.reason, feed)) }, engine)
    case 'trimmed':
      return haltRun({ ...task, ...(await feed.lost('trimmed')) }, engine)
  }
}

function haltedBy(reason: Exclude<WhyDrainStopped, 'paused'>, feed: DrainedFeed): Halted | Promise<Halted> {
  return reason === 'stream changed' ? feed.lost(reason) : feed.stopped(reason)
}

/** An execution that is redriven after Capture skips the phase that would turn capture on again. */
async function whyNotApplied(
  run: RunRecord,
  { phase }: DrainedFeed,
  { ledger, feed }: DrainEngine,
): Promise<Lag['stopped']> {
  const [lag, capture] = await Promise.all([readLag(ledger, feed), readCapture(ledger, feed)])
  return capture?.off === undefined ? stoppedSince(run, phase, lag) : 'turned off'
}

/**
 * Why live changes are not applied, if the monitor noticed it since this drain began: an earlier reason may be repaired
 * by now.
 */
function stoppedSince({ phases = [] }: RunRecord, drains: Phase, lag: Lag | undefined): Lag['stopped'] {
  const entry = phases.findLast(({ phase }) => phase === drains)
  return lag && lag.at > (entry?.at ?? 0) ? lag.stopped : undefined
}

function whyStopped(reason: Exclude<WhyDrainStopped, 'paused' | 'stream changed'>): Halted {
  switch (reason) {
    case 'code changed':
      return {
        error: 'code-changed',
        cause:
          'Live changes are not applied: the migrations that are deployed are not those the run was begun with. Deploy those, then `segue run --resume`.',
      }
    case 'turned off':
      return {
        error: 'capture-off',
        cause:
          'Live changes are not applied: they were turned off with `segue capture off`, or their event source mapping is disabled and does not come on (its last processing result, in the Lambda console, names the reason). `segue run --resume` enables it and continues; the stream keeps changes for 24 hours.',
      }
    case 'index lost':
      return { error: 'index-lost', cause: 'Changes are not brought into the index: it is gone, or is another one.' }
    case 'aborted':
    case 'fenced':
      return {
        error: reason,
        cause: `Draining stopped: ${reason}. \`segue run --resume\` continues from the checkpoints.`,
      }
  }
}
