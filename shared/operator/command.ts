import { isFinished, wasFinished } from '../facts/resumable.ts'
import {
  type Command,
  type Control,
  changeControl,
  commandAt,
  readControl,
  type Verb,
  withCommand,
  withoutTime,
} from '../ledger/control.ts'
import type { RunRecord } from '../ledger/runs.ts'
import type { OperatorEngine } from './engine.ts'
import { findLastRun } from './last-run.ts'
import { given, isAnothers, isRecent, type LastCommand, lastCommand, refuseOverSomebody, type Wish } from './people.ts'
import { trySweep } from './sweep.ts'

/** What became of a command. */
export type Told =
  /**
   * The command that is in force now, and the last one that a person gave, which may be somebody else's; `fence` is that of
   * the execution it was given under.
   */
  | { kind: 'told'; run: RunRecord; command: Command; fence: number; last: LastCommand | undefined; pauseAt?: number }
  /** Nothing was changed. */
  | { kind: 'refused'; cause: string }

type Engine = Pick<OperatorEngine, 'ledger' | 'deployment' | 'identity' | 'runtime'>
type SweepingEngine = Engine & Pick<OperatorEngine, 'executions' | 'mapping' | 'indexMapping'>

/**
 * Pauses the last run, or what is being done to a finished one. Slices save a checkpoint, the execution ends, and
 * nothing polls until somebody resumes. Live changes continue to be applied. Never lowers an abort, and is never refused for
 * what somebody else did.
 * @param at when, ms since the epoch; it ends with the execution under way. An earlier time that somebody else gave within
 * five minutes stays. @default now
 */
export async function pauseRun(engine: Engine, wish: Pick<Wish, 'why'> = {}, at?: number): Promise<Told> {
  const run = await lastRun(engine)
  if (typeof run === 'string') return refused(run)
  if (isFinished(run)) return refused(`Run ${run.id} has finished: there is nothing to pause.`)
  if (at !== undefined && (run.task ?? run).state !== 'running')
    return refused(`Run ${run.id} is not at work: there is nothing to pause then.`)
  const asked = await given('pause', wish, engine)
  const control = await changeControl(engine.ledger, run.id, (before) => {
    if (before.command === 'abort') return before
    // A pause that is due already is under way: slices have stopped.
    if (at === undefined || commandAt(before, asked.at) === 'pause')
      return withCommand(withoutTime(before), 'pause', asked)
    const { pauseAt = at } = before
    const isKept = pauseAt < at && isAnothers(lastCommand(before), asked)
    return { ...withCommand(before, 'run', asked), pauseAt: isKept ? pauseAt : at }
  })
  return told(run, control)
}

/**
 * Aborts the last run: nothing begins a write any more, live changes included. The checkpoints stay, and a resume within
 * 23 hours loses nothing. Never refused for what somebody else did. Repeated, it sweeps once more.
 */
export async function abortRun(engine: SweepingEngine, wish: Pick<Wish, 'why'> = {}): Promise<Told> {
  const run = await lastRun(engine)
  if (typeof run === 'string') return refused(run)
  if (wasFinished(run))
    return refused(
      `Run ${run.id} has finished, and its live changes continue. To stop them: \`segue capture off${engine.deployment.flag}\`. To stop a verification: \`segue pause${engine.deployment.flag}\`.`,
    )
  if (run.state === 'aborted') return told(run, await readControl(engine.ledger, run.id))
  const asked = await given('abort', wish, engine)
  const control = await changeControl(engine.ledger, run.id, (before) =>
    before.command === 'abort' && before.by === asked.by ? before : withCommand(before, 'abort', asked),
  )
  // The watchdog does the same every minute. The first pass notes when the abort was seen, and turns live changes off.
  await trySweep(engine)
  return told(run, control)
}

/**
 * Lets a stopped run be resumed: the command of whoever resumes, verifies or repairs it.
 * @throws OperatorError `somebody-acted`.
 */
export async function allowRun(engine: Engine, run: string, verb: Verb, wish: Wish): Promise<void> {
  const asked = await given(verb, wish, engine)
  await changeControl(engine.ledger, run, (control) => {
    refuseOverSomebody(control, asked, wish)
    return control.fence === 0 ? control : withCommand(control, 'run', asked)
  })
}

/**
 * The same for a pipeline, whose jobs may continue one run at the same time: whoever resumed it a moment ago wanted the
 * same.
 * @throws OperatorError `somebody-acted`.
 */
export async function allowRunAgain(engine: Engine, run: string, wish: Wish): Promise<void> {
  const asked = await given('resume', wish, engine)
  await changeControl(engine.ledger, run, (control) => {
    const last = lastCommand(control)
    const isResumed = control.command === 'run' && (last?.verb === 'resume' || last?.verb === 'run')
    if (!isResumed) refuseOverSomebody(control, asked, wish)
    return isResumed && isRecent(last, asked.at) ? control : withCommand(control, 'run', asked)
  })
}

/** What {@link allowRun} would refuse. @throws OperatorError `somebody-acted`. */
export async function refuseBeside(engine: Engine, run: string, verb: Verb, wish: Wish): Promise<void> {
  refuseOverSomebody(await readControl(engine.ledger, run), await given(verb, wish, engine), wish)
}

async function lastRun({ ledger, deployment }: Engine): Promise<RunRecord | string> {
  const { destinationTable } = deployment
  return (await findLastRun(ledger, destinationTable)) ?? `There was never a run into ${destinationTable}.`
}

const told = (run: RunRecord, control: Control): Told => {
  const { command, fence, pauseAt } = control
  const ahead = command === 'run' && pauseAt !== undefined ? { pauseAt } : {}
  return { kind: 'told', run, command, fence, last: lastCommand(control), ...ahead }
}

const refused = (cause: string): Told => ({ kind: 'refused', cause })
