import { parseRequest, type RunRequest } from '../config/options.ts'
import { DynamoDbError } from '../dynamodb/errors.ts'
import { resumeCommand } from '../facts/resumable.ts'
import { commandAt, readControl, type Verb } from '../ledger/control.ts'
import { readLease } from '../ledger/lease.ts'
import type { RunRecord, RunTask } from '../ledger/runs.ts'
import { continuable, isAboutLastRun, refuseOverUnfinished, refuseWhileAborting } from '../phases/last-run.ts'
import { refuseUnlessEmpty } from '../phases/preflight/destination.ts'
import { Refusal } from '../phases/refusal.ts'
import { allowRun, refuseBeside } from './command.ts'
import type { OperatorEngine } from './engine.ts'
import { lostRun, OperatorError } from './errors.ts'
import { findLastRun } from './last-run.ts'
import { given, type Wish } from './people.ts'
import { type Reading, readProgress } from './status/read.ts'
import { viewOfOwner } from './status/verdict.ts'
import { trySweep } from './sweep.ts'

/** How long to wait until a run begins or is refused; cold starts take a few seconds. */
const beginsWithinMs = 60_000
const probeEveryMs = 1_000

/** Refused before an execution was started. */
export interface RefusedStart {
  kind: 'refused'
  error: string
  cause: string
}

export type Started = { kind: 'started'; execution: string } | RefusedStart

/** Options of a new run; see `requestSchema`. */
export type StartOptions = Partial<
  Pick<RunRequest, 'segments' | 'concurrency' | 'split' | 'offline' | 'until' | 'ticked'>
>

/** Starts a new run of the pending migrations. @throws OptionsError for options that are wrong. */
export async function startRun(
  engine: OperatorEngine,
  options: StartOptions,
  wish: Pick<Wish, 'why'> = {},
): Promise<Started> {
  const input = await newRunInput(engine, options, wish)
  const refused = await whyRefused(parseRequest(input), engine)
  return refused ?? begun(await engine.executions.start(input))
}

/** The input of an execution that begins a run: options that differ from the defaults, and who begins it. */
export async function newRunInput(
  engine: OperatorEngine,
  options: StartOptions & Pick<RunRequest, 'key'>,
  wish: Pick<Wish, 'why'>,
): Promise<object> {
  const { by, why } = await given('run', wish, engine)
  return { ...options, ...(by !== undefined && { by }), ...(why !== undefined && { why }) }
}

const begun = ({ execution }: { execution: string }): Started => ({ kind: 'started', execution })

/**
 * Resumes the last run from its checkpoints; or the verification or repair of a finished one, where that has stopped.
 * @throws OptionsError for options that only a new run takes.
 */
export const resumeRun = (engine: OperatorEngine, options: StartOptions, wish: Wish = {}): Promise<Started> =>
  continueRun(engine, (run) => ({ ...(stoppedTask(run) ?? { resume: true }), ...options }), 'resume', wish)

/** What was being done to a finished run when it stopped, as the input of an execution. */
function stoppedTask(run: RunRecord | undefined): { only: RunTask['kind'] } | undefined {
  if (run?.task?.state !== 'stopped') return undefined
  switch (resumeCommand(run)) {
    case 'segue index':
      return { only: 'index' }
    case 'segue repair':
      return { only: 'repair' }
    default:
      return { only: 'verify' }
  }
}

/** Verifies the last finished run again. */
export const verifyRun = (engine: OperatorEngine, wish: Wish = {}): Promise<Started> =>
  continueRun(engine, () => ({ only: 'verify' }), 'verify', wish)

/** Repairs the differences of the last verification, and verifies again. */
export const repairRun = (engine: OperatorEngine, wish: Wish = {}): Promise<Started> =>
  continueRun(engine, () => ({ only: 'repair' }), 'repair', wish)

/** Builds the search indices of the last finished run anew, and leaves those that are there. */
export const indexRun = (engine: OperatorEngine, wish: Wish = {}): Promise<Started> =>
  continueRun(engine, () => ({ only: 'index' }), 'index', wish)

/**
 * Waits until the run of an execution has begun or was refused, 60 s at most; returns the last reading.
 * @throws LostSight for every error: the execution itself continues.
 */
export async function awaitBeginning(engine: OperatorEngine, execution: string): Promise<Reading> {
  const { ledger, executions, runtime, deployment } = engine
  const until = runtime.clock() + beginsWithinMs
  const progress = { ledger, describe: executions.describe, clock: runtime.clock }
  try {
    for (;;) {
      const reading = await readProgress(progress, deployment.destinationTable, { target: { execution } })
      if (reading.kind !== 'starting' || runtime.clock() >= until) return reading
      await runtime.sleep(probeEveryMs)
    }
  } catch (error) {
    throw lostRun(deployment.flag, error)
  }
}

/**
 * Starts an execution that continues the last run: the command of a person, who must know of the last one.
 * @param inputOf the input of the execution, by the run as it is now.
 */
async function continueRun(
  engine: OperatorEngine,
  inputOf: (run: RunRecord | undefined) => object,
  verb: Verb,
  wish: Wish,
): Promise<Started> {
  // An abort is announced, and an owner that has ended is interrupted, also while the watchdog is down.
  await trySweep(engine)
  const run = await findLastRun(engine.ledger, engine.deployment.destinationTable)
  const input = inputOf(run)
  const request = parseRequest(input)
  try {
    // First, because it says who acted: a run that somebody else has just paused or aborted is refused for other reasons, too.
    if (run) await refuseBeside(engine, run.id, verb, wish)
    const refused = await whyRefused(request, engine)
    // It may come of what somebody did in between.
    if (refused && run) await refuseBeside(engine, run.id, verb, wish)
    if (refused) return refused
    // Before the start, so that the execution is not refused. If it fails, nothing writes: the fence was raised when the
    // run stopped.
    if (run) await allowRun(engine, run.id, verb, wish)
  } catch (error) {
    return asRefused(error)
  }
  return begun(await engine.executions.start(input))
}

/** Somebody else's command as a refusal; throws every other error. */
export function asRefused(error: unknown): RefusedStart {
  if (!OperatorError.is(error) || error.code !== 'somebody-acted') throw error
  return { kind: 'refused', error: error.code, cause: error.message }
}

/** The refusals that can be known before an execution is started. The state machine checks them again, and more. */
export async function whyRefused(
  request: Partial<Pick<RunRequest, 'resume' | 'only' | 'key'>>,
  engine: OperatorEngine,
): Promise<RefusedStart | undefined> {
  try {
    await refuseWhileOwned(engine)
    const { ledger, deployment, runtime } = engine
    const destination = deployment.destinationTable
    const about = { ledger, destination, clock: runtime.clock }
    const run = await findLastRun(ledger, destination)
    if (isAboutLastRun(request)) await continuable(run, request, about)
    else {
      if (run) await refuseWhileAborting(run, ledger)
      if (run && request.key !== undefined) refuseOverUnfinished(run)
      await refuseOverItems(engine)
    }
    return undefined
  } catch (error) {
    if (Refusal.is(error)) return { kind: 'refused', error: error.code, cause: error.message }
    throw error
  }
}

async function refuseWhileOwned({ ledger, executions, deployment, runtime }: OperatorEngine): Promise<void> {
  const lease = await readLease(ledger, deployment.destinationTable)
  if (!lease?.held) return
  const { status } = viewOfOwner(await executions.describe(lease.execution), lease.since, runtime.clock())
  if (status === 'ended') return
  // The state machine finds out whether that execution is at work. But one that was told to stop, and is, must not be told to
  // continue: the command of whoever resumes lowers the other's.
  if (status === 'unknown' && commandAt(await readControl(ledger, lease.run), runtime.clock()) === 'run') return
  const { flag } = deployment
  throw new Refusal(
    'run-in-progress',
    `Run ${lease.run} holds ${lease.table}; its execution is ${lease.execution}. Wait for it (\`segue watch${flag}\`), or stop that execution and resume the run (\`segue run --resume${flag}\`).`,
  )
}

/** Does nothing for a caller who may not read the destination: the state machine checks it in any case. */
async function refuseOverItems({ describeTable, openTable, deployment }: OperatorEngine): Promise<void> {
  try {
    await refuseUnlessEmpty(openTable(await describeTable(deployment.destinationTable)))
  } catch (error) {
    if (!DynamoDbError.is(error)) throw error
  }
}
