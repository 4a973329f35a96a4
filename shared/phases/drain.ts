import { enteredAt, enterPhase } from '../facts/phase.ts'
import { readCapture } from '../ledger/capture.ts'
import { stopReason } from '../ledger/fencing.ts'
import { type Lag, readLag } from '../ledger/lag.ts'
import type { RunRecord } from '../ledger/runs.ts'
import type { LedgerTable } from '../ledger/table.ts'
import { type DrainEngine, type DrainTask, drain, type WhyDrainStopped } from '../live/drain.ts'
import { recordLag } from '../live/lag.ts'
import { type Ended, haltRun, pauseRun } from './halt.ts'
import type { HaltCode } from './halts.ts'
import { drainGivesUpMs, drainWaitSeconds, machineWaitSeconds } from './waits.ts'

export type Drained = { outcome: 'drained' } | { outcome: 'more' } | { outcome: 'waiting'; seconds: number } | Ended

const trimmed =
  'The stream trimmed changes before they were applied: it keeps them for 24 hours. ' +
  'The destination may miss them. Turn live changes off (`segue capture off`), empty the destination and start a new run; `docs/live-changes.md` explains how this is detected.'

const neverDrained = `Live changes up to the end of copy were not applied within ${drainGivesUpMs / 3_600_000} hours, longer than the stream keeps them. The errors of the live function in CloudWatch Logs name the reason. Mend it, then \`segue run --resume\`: it shows whether something was lost.`

/** How often a wait asks whether it must stop, ms. */
const askMs = 5_000

/**
 * Drains. Waits for live changes within the invocation, for as long as it lasts: a pause then takes effect in seconds,
 * and the machine makes few rounds. Halts the run if changes were lost or are not applied.
 */
export async function drainRun(task: DrainTask, engine: DrainEngine): Promise<Drained> {
  const { ledger, runtime, deadline, code, silenceMs } = engine
  // A poll reads what is left, listens for silence, and reads again what came meanwhile.
  const pollMs = 2 * silenceMs + deadline.remainingMs() / 10
  const run = await enterPhase(task, 'Drain', engine)
  const whyStop = stopReason(ledger, task, code, runtime.clock)
  for (;;) {
    const drained = await poll(task, run, engine)
    if (drained.outcome !== 'waiting') return drained
    const due = runtime.clock() + drained.seconds * 1000
    const leftMs = () => Math.min(due - runtime.clock(), deadline.remainingMs() - pollMs)
    while (leftMs() > 0 && !(await whyStop())) await runtime.sleep(Math.ceil(Math.min(askMs, leftMs())))
    // The poll says why it stops.
    if (deadline.remainingMs() <= pollMs && !(await whyStop()))
      return { outcome: 'waiting', seconds: machineWaitSeconds((due - runtime.clock()) / 1000) }
  }
}

async function poll(task: DrainTask, run: RunRecord, engine: DrainEngine): Promise<Drained> {
  const found = await drain(task, engine)
  // The live function may be of another version than this one. The stream monitor records why it does not apply
  // changes.
  const stopped = found.outcome === 'waiting' ? await whyNotApplied(run, engine.ledger) : undefined
  if (stopped) return haltRun({ ...task, ...whyStopped(stopped) }, engine)
  await recordLag(task.run, found, engine)
  const waitedMs = engine.runtime.clock() - enteredAt(run, 'Drain')
  if ((found.outcome === 'waiting' || found.outcome === 'more') && waitedMs >= drainGivesUpMs)
    return haltRun({ ...task, error: 'live-behind', cause: neverDrained }, engine)
  switch (found.outcome) {
    case 'drained':
    case 'more':
      return { outcome: found.outcome }
    case 'waiting':
      return { outcome: 'waiting', seconds: drainWaitSeconds(waitedMs, found.lagSeconds) }
    case 'stopped':
      if (found.reason === 'paused') return pauseRun(task, engine)
      return haltRun({ ...task, ...whyStopped(found.reason) }, engine)
    case 'trimmed':
      return haltRun({ ...task, error: 'stream-trimmed', cause: trimmed }, engine)
  }
}

/** An execution that is redriven after Capture skips the phase that would turn capture on again. */
async function whyNotApplied(run: RunRecord, ledger: LedgerTable): Promise<Lag['stopped']> {
  const [lag, capture] = await Promise.all([readLag(ledger, run.id), readCapture(ledger, run.id)])
  return capture?.off === undefined ? stoppedSince(run, lag) : 'turned off'
}

/**
 * Why live changes are not applied, if the monitor noticed it since this drain began: an earlier reason may be repaired
 * by now.
 */
function stoppedSince({ phases = [] }: RunRecord, lag: Lag | undefined): Lag['stopped'] {
  const entry = phases.findLast(({ phase }) => phase === 'Drain')
  return lag && lag.at > (entry?.at ?? 0) ? lag.stopped : undefined
}

function whyStopped(reason: Exclude<WhyDrainStopped, 'paused'>): { error: HaltCode; cause: string } {
  switch (reason) {
    case 'code changed':
      return {
        error: 'code-changed',
        cause:
          'Live changes are not applied: the migrations that are deployed are not those the run was begun with. Deploy those, then `segue run --resume`.',
      }
    case 'stream changed':
      return {
        error: 'stream-changed',
        cause:
          'The stream that the run captures from was turned off, so the destination may miss the changes since then. Enable it, deploy with the ARN it has now, empty the destination and start a new run.',
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
