import { parseRequest } from '../config/options.ts'
import { wasFinished } from '../facts/resumable.ts'
import { readLease } from '../ledger/lease.ts'
import { runOfKey } from '../ledger/run-keys.ts'
import { findRun, getRun, type RunRecord } from '../ledger/runs.ts'
import { allowRunAgain } from './command.ts'
import type { OperatorEngine } from './engine.ts'
import type { Wish } from './people.ts'
import { asRefused, newRunInput, type RefusedStart, type StartOptions, whyRefused } from './start.ts'
import { statusOfOwner, trySweep } from './sweep.ts'

/** Executions that a key may have; each but the last was refused or has stopped. */
const mostAttempts = 1_000

/** What a pipeline's key has come to. */
export type Keyed =
  | { kind: 'started'; execution: string }
  /** An execution of the key is under way, or may be. */
  | { kind: 'attached'; execution: string }
  /** The run of the key has finished before. */
  | { kind: 'finished'; run: string }
  | RefusedStart

/**
 * Runs the pending migrations once for each key of a pipeline, however often and in how many jobs it is called: begins a run,
 * attaches to it while it is under way, resumes it once it has stopped, or names it once it has finished. Executions are named
 * `KEY.1`, `KEY.2`, …, and Step Functions starts one for each name; the ledger begins one run for each key.
 * @throws OptionsError for a key or options that are wrong.
 */
export async function runOnce(
  engine: OperatorEngine,
  key: string,
  options: StartOptions,
  wish: Wish = {},
): Promise<Keyed> {
  parseRequest({ ...options, key })
  const { ledger, deployment } = engine
  // A run whose execution was stopped is resumed, also while the watchdog is down.
  await trySweep(engine)
  const id = await runOfKey(ledger, deployment.destinationTable, key)
  if (id === undefined) return begin(engine, key, options, wish)
  const run = await getRun(ledger, id)
  if (wasFinished(run)) return { kind: 'finished', run: id }
  if (await isDriven(run, engine)) return { kind: 'attached', execution: run.execution }
  return resume(engine, key, run, options, wish)
}

async function begin(engine: OperatorEngine, key: string, options: StartOptions, wish: Wish): Promise<Keyed> {
  const input = await newRunInput(engine, { ...options, key }, wish)
  return (await whyRefusedOr(engine, key, input)) ?? next(engine, key, input)
}

async function resume(
  engine: OperatorEngine,
  key: string,
  run: RunRecord,
  { split, until }: StartOptions,
  wish: Wish,
): Promise<Keyed> {
  // The run knows by itself what else it began with.
  const input = { resume: true, key, ...(split !== undefined && { split }), ...(until !== undefined && { until }) }
  const refused = await whyRefusedOr(engine, key, input)
  if (refused) return refused
  try {
    await allowRunAgain(engine, run.id, wish)
  } catch (error) {
    return asRefused(error)
  }
  return next(engine, key, input)
}

/**
 * Why an execution of a key would be refused; attaches where it is for another one of the same key, which took the lease a
 * moment ago.
 */
async function whyRefusedOr(engine: OperatorEngine, key: string, input: object): Promise<Keyed | undefined> {
  const refused = await whyRefused(parseRequest(input), engine)
  if (refused?.error !== 'run-in-progress') return refused
  const lease = await readLease(engine.ledger, engine.deployment.destinationTable)
  const run = lease && (await findRun(engine.ledger, lease.run))
  return lease?.held && run?.key === key ? { kind: 'attached', execution: lease.execution } : refused
}

/** Whether the execution of a run is at work on it, as far as is known. */
async function isDriven({ state, execution, destination }: RunRecord, engine: OperatorEngine): Promise<boolean> {
  const lease = state === 'running' ? await readLease(engine.ledger, destination) : undefined
  return lease?.execution === execution && (await statusOfOwner(lease, engine)) !== 'ended'
}

/** Starts the next execution of a key, or attaches to the one that another job has just started. */
async function next({ executions }: OperatorEngine, key: string, input: object): Promise<Keyed> {
  for (let attempt = 1; attempt <= mostAttempts; attempt++) {
    const { execution, isNew } = await executions.start(input, `${key}.${attempt}`)
    if (isNew) return { kind: 'started', execution }
    const { status, ended } = await executions.describe(execution)
    // A name that is taken by an execution that is not known yet: it has just begun.
    if (status !== 'ended' || ended === 'FORGOTTEN') return { kind: 'attached', execution }
  }
  return {
    kind: 'refused',
    error: 'run-in-progress',
    cause: `Key ${key} has had ${mostAttempts} executions, ${key}.1 to ${key}.${mostAttempts}. Use another key.`,
  }
}
