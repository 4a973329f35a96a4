import { enteredAt, enterPhase } from '../facts/phase.ts'
import { controlPut, readControl } from '../ledger/control.ts'
import { LedgerError } from '../ledger/errors.ts'
import type { Put } from '../ledger/table.ts'
import { type CaptureEngine, startCapture } from '../live/capture.ts'
import type { Runtime } from '../runtime/ports.ts'
import { type Ended, endIfTold, haltRun } from './halt.ts'
import { captureGivesUpMs, captureWaitSeconds } from './waits.ts'

/**
 * Turns live changes on for a run and returns whether copy may begin. A late delivery does not turn on again what an
 * operator has turned off since. Halts the run, naming the state of the mapping, if the mapping is not on after {@link
 * captureGivesUpMs}.
 */
export async function captureRun(
  task: { run: string; fence: number },
  engine: CaptureEngine & { runtime: Pick<Runtime, 'clock' | 'sleep' | 'random' | 'emit'> },
): Promise<{ outcome: 'on' } | { outcome: 'waiting'; seconds: number } | Ended> {
  const run = await enterPhase(task, 'Capture', engine)
  const told = await endIfTold(task, run, engine)
  if (told) return told
  const found = await startCapture({ feed: task.run }, engine, undefined, () => ownedBy(task, engine))
  if (found.outcome === 'on' || found.state === undefined) return found
  const waitedMs = engine.runtime.clock() - enteredAt(run, 'Capture')
  if (waitedMs < captureGivesUpMs) return { outcome: 'waiting', seconds: captureWaitSeconds(waitedMs) }
  const state = found.state === 'changing' ? 'still changing' : 'still Disabled'
  const cause = `Live changes cannot be turned on: ${captureGivesUpMs / 60_000} minutes after Segue asked for it, the event source mapping of the live function is ${state}. Look at it in the Lambda console (its last processing result names the reason), then \`segue run --resume\`.`
  return haltRun({ ...task, error: 'capture-not-on', cause }, engine)
}

/** What holds as long as nobody has taken the run from this task, or ended it. */
async function ownedBy({ run, fence }: { run: string; fence: number }, { ledger }: CaptureEngine): Promise<Put[]> {
  const control = await readControl(ledger, run)
  if (control.fence === fence) return [controlPut(run, control, control)]
  throw new LedgerError('lost-race', `Run ${run} has another owner by now, so nothing was turned on.`)
}
