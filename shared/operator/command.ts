import { isFinished, wasFinished } from '../facts/resumable.ts'
import { type Command, changeControl, withCommand } from '../ledger/control.ts'
import type { RunRecord } from '../ledger/runs.ts'
import type { OperatorEngine } from './engine.ts'
import { findLastRun } from './last-run.ts'

/** What became of a command. */
export type Told =
  /** The command that is in force now; `fence` is that of the execution it was given under. */
  | { kind: 'told'; run: RunRecord; command: Command; fence: number }
  /** Nothing was changed. */
  | { kind: 'refused'; cause: string }

type Engine = Pick<OperatorEngine, 'ledger' | 'deployment'>

/**
 * Pauses the last run, or what is being done to a finished one. Slices save a checkpoint, the execution ends, and
 * nothing polls until somebody resumes. Live changes continue to be applied. Never lowers an abort.
 */
export async function pauseRun(engine: Engine): Promise<Told> {
  const run = await lastRun(engine)
  if (typeof run === 'string') return refused(run)
  if (isFinished(run)) return refused(`Run ${run.id} has finished: there is nothing to pause.`)
  const { command, fence } = await changeControl(engine.ledger, run.id, (control) =>
    control.command === 'run' ? withCommand(control, 'pause') : control,
  )
  return { kind: 'told', run, command, fence }
}

/**
 * Aborts the last run: nothing begins a write any more, live changes included. The checkpoints stay, and a resume within
 * 23 hours loses nothing.
 */
export async function abortRun(engine: Engine): Promise<Told> {
  const run = await lastRun(engine)
  if (typeof run === 'string') return refused(run)
  if (wasFinished(run))
    return refused(
      `Run ${run.id} has finished, and its live changes continue. To stop them: \`segue capture off${engine.deployment.flag}\`. To stop a verification: \`segue pause${engine.deployment.flag}\`.`,
    )
  const { command, fence } = await changeControl(engine.ledger, run.id, (control) =>
    control.command === 'abort' ? control : withCommand(control, 'abort'),
  )
  return { kind: 'told', run, command, fence }
}

/** Lets a stopped run be resumed: the command of whoever resumes, verifies or repairs it. */
export async function allowRun({ ledger }: Pick<Engine, 'ledger'>, run: string): Promise<void> {
  await changeControl(ledger, run, (control) =>
    control.command === 'run' || control.fence === 0 ? control : withCommand(control, 'run'),
  )
}

async function lastRun({ ledger, deployment }: Engine): Promise<RunRecord | string> {
  const { destinationTable } = deployment
  return (await findLastRun(ledger, destinationTable)) ?? `There was never a run into ${destinationTable}.`
}

const refused = (cause: string): Told => ({ kind: 'refused', cause })
