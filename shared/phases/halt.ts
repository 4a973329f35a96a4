import { type Coverage, quietAfter, readCoverage } from '../facts/coverage.ts'
import { notePhase } from '../facts/phase.ts'
import { resumeCommand, whyExpired } from '../facts/resumable.ts'
import { openSums } from '../facts/sums.ts'
import { commandAt, readControl } from '../ledger/control.ts'
import { isAborted, isDriving, type WhyStopped } from '../ledger/fencing.ts'
import { endOwner } from '../ledger/owner.ts'
import { type PassKind, passes } from '../ledger/passes.ts'
import { getRun, type RunRecord } from '../ledger/runs.ts'
import type { Because } from '../ledger/states.ts'
import type { LedgerTable } from '../ledger/table.ts'
import type { Runtime } from '../runtime/ports.ts'
import { counted, sentence } from '../runtime/text.ts'
import type { HaltCode } from './halts.ts'

/**
 * The execution of a run ends before the run has finished, and everything can be resumed. `halted`: the run cannot
 * continue by itself; `error` and `cause` become those of the failed execution. `paused`: an operator asked for it.
 */
export interface Ended {
  outcome: 'halted' | 'paused'
  error: HaltCode
  cause: string
}

interface Engine {
  ledger: LedgerTable
  runtime: Runtime
}

/** Records that a run cannot continue by itself, keeps everything resumable, and gives the lease back. */
export function haltRun(
  task: { run: string; fence: number; error: HaltCode; cause: string },
  engine: Engine,
): Promise<Ended> {
  const { error, cause } = task
  return stopRun(task, 'halted', error, () => cause, engine)
}

/** Records that a run is paused, keeps everything resumable, and gives the lease back: nothing polls meanwhile. */
export function pauseRun(task: { run: string; fence: number }, engine: Engine): Promise<Ended> {
  const cause = ({ failed }: Coverage) =>
    `An operator paused it.${failed.length > 0 ? ` ${counted(failed.length, 'chunk')} had failed; a resume tries them again.` : ''}`
  return stopRun(task, 'paused', 'paused', cause, engine)
}

/** @param causeOf made of the chunks of the copy, which are read once: there may be millions. */
async function stopRun(
  task: { run: string; fence: number },
  because: Ended['outcome'],
  error: HaltCode,
  causeOf: (copy: Coverage) => string,
  { ledger, runtime }: Engine,
): Promise<Ended> {
  const run = await getRun(ledger, task.run)
  const endedAt = runtime.clock()
  const coverage = await readCoverage(ledger, run, 'copy')
  const cause = causeOf(coverage)
  const phase = because === 'paused' ? 'Paused' : 'Halted'
  const ended = await endOwner(
    ledger,
    task,
    (before) => ({ ...stoppedRun(notePhase(before, phase, endedAt), because), reason: cause, error, endedAt }),
    quietAfter(coverage),
  )
  if (!ended) return endedBefore(task, await getRun(ledger, task.run)) ?? { outcome: 'halted', error, cause }
  runtime.emit({ code: 'run.phase', run: run.id, phase })
  return { outcome: because, error, cause }
}

/** The run, or its task, after it has stopped. */
export function stoppedRun(run: RunRecord, because: Because): RunRecord {
  const change = { state: 'stopped', because } as const
  return run.task ? { ...run, task: { ...run.task, ...change } } : { ...run, ...change }
}

/**
 * How this execution stopped the run before: the answer to a repeated call whose first answer was lost. `undefined` if
 * it did not.
 */
function endedBefore({ fence }: { fence: number }, run: RunRecord): Ended | undefined {
  const { state, because } = run.task ?? run
  if (run.fence !== fence || state !== 'stopped' || because === 'interrupted') return undefined
  const { error = 'phase-failed', reason = 'no reason was recorded' } = run
  return { outcome: because ?? 'halted', error: error as HaltCode, cause: reason }
}

/** The answer to a task whose execution does not drive the run any more. */
export function notDriving(task: { fence: number }, run: RunRecord): Ended {
  const cause = `Run ${run.id} has a newer owner, or has ended; this execution ends here.`
  return endedBefore(task, run) ?? { outcome: 'halted', error: 'fenced', cause }
}

/** Ends the execution at the beginning of a task, if an operator told the run to stop or it is driven by another one. */
export async function endIfTold(
  task: { run: string; fence: number },
  run: RunRecord,
  engine: Engine,
): Promise<Ended | undefined> {
  const control = await readControl(engine.ledger, run.id)
  if (!isDriving(task, run) || control.fence !== task.fence) return notDriving(task, run)
  if (commandAt(control, engine.runtime.clock()) === 'pause') return pauseRun(task, engine)
  return isAborted(run, control) ? haltRun({ ...task, error: 'aborted', cause: abortedWords(run) }, engine) : undefined
}

function abortedWords(run: RunRecord): string {
  return `Run ${run.id} was aborted. \`${resumeCommand(run)}\` continues from the checkpoints.`
}

/** Why a pass stops the run; `undefined` if every chunk is done and the sums close. */
export function whyHalted(
  run: RunRecord,
  kind: PassKind,
  coverage: Coverage,
  isAborted: boolean,
): { error: HaltCode; cause: string } | undefined {
  const halted = (error: HaltCode, cause: string) => ({ error, cause })
  const resumeWith = resumeCommand(run)
  // Its documents are not in the tables, which may be in use.
  const isIndex = passes[kind].code === 'search'
  if (isAborted) return halted('aborted', abortedWords(run))
  const { failed, missing, open, tallies, aliases } = coverage
  if (failed[0])
    return halted(
      'chunks-failed',
      `${counted(failed.length, 'chunk')} of ${kind} failed, the first is ${failed[0].id}: ${sentence(failed[0].reason ?? 'no reason was recorded')}. Once the cause is gone, \`${resumeWith}\` continues from the checkpoints${isIndex ? otherDefinitions : `; but changed migrations need a new run: ${anew(run)}`}`,
    )
  const expired = passes[kind].numbered === 'once' ? whyExpired(run, coverage) : undefined
  if (expired) return halted('not-covered', expired)
  if (missing.length > 0)
    return halted(
      'not-covered',
      `${counted(missing.length, 'chunk')} of ${kind} without a row, the first is ${missing[0]}. \`${resumeWith}\` plans them again.`,
    )
  if (open > 0)
    return halted(
      'chunks-open',
      `${counted(open, 'chunk')} of ${kind} stopped half-way, as after a change of the code. \`${resumeWith}\` continues from the checkpoints${isIndex ? otherDefinitions : `. It takes the migrations that the run was begun with; for others: ${anew(run)}`}`,
    )
  const [sum] = [tallies, ...Object.values(aliases)].flatMap((each) => openSums(kind, each))
  if (sum)
    return halted('tallies-open', `The tallies of ${kind} do not close: ${sum}. This is a defect: please report it.`)
  return undefined
}

const otherDefinitions = '; where other definitions are deployed, it begins another build.'

/** How to begin anew with other migrations. The checkpoints of this run are valid only for its own. */
function anew({ destination }: RunRecord): string {
  return `turn live changes off (\`segue capture off\`), empty ${destination} and start without \`--resume\`.`
}

/**
 * Ends the execution of a run whose work under a lease had to stop.
 * @param what the work, as the subject of a sentence.
 */
export function endStopped(
  task: { run: string; fence: number },
  what: string,
  reason: WhyStopped,
  engine: Engine,
): Promise<Ended> {
  if (reason === 'paused') return pauseRun(task, engine)
  const error = reason === 'code changed' ? 'code-changed' : reason === 'index lost' ? 'index-lost' : reason
  return haltRun({ ...task, error, cause: `${what} stopped: ${reason}.` }, engine)
}
