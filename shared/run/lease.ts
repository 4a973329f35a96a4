import type { RunRequest } from '../config/options.ts'
import type { KeySchema } from '../dynamodb/key.ts'
import { readApplied } from '../ledger/applied.ts'
import { readControl, writeControl } from '../ledger/control.ts'
import { type Lease, readLease, writeLease } from '../ledger/lease.ts'
import { createRun, getRun, newRunId, type RunRecord, updateRun } from '../ledger/runs.ts'
import type { LedgerTable } from '../ledger/table.ts'
import type { Migration } from '../migrations/index.ts'
import type { Runtime } from '../runtime/ports.ts'
import { Refusal } from './errors.ts'
import type { Executions } from './ports.ts'

export interface LeaseEngine {
  ledger: LedgerTable
  executions: Executions
  runtime: Runtime
  source: string
  destination: string
  schema: KeySchema
  migrations: Migration[]
  codeHash: string
  segments: number
}

export interface Held {
  outcome: 'held'
  run: string
  fence: number
  only: 'everything' | 'verify' | 'repair'
  /** Whether live changes are to be captured. */
  capture: boolean
}

/** Between the two answers that must both say an owner has ended. */
const secondLookMs = 2_000

/**
 * Takes the lease on the destination for this execution and begins a run, or takes a halted one up again. Asking twice
 * for one execution gives the same answer.
 * @throws Refusal `run-in-progress` naming the owner, `nothing-to-resume`, or `code-changed`.
 */
export async function takeLease(execution: string, request: RunRequest, engine: LeaseEngine): Promise<Held> {
  const { ledger, destination, runtime } = engine
  const held = async (lease: Lease): Promise<Held> => {
    const { offline } = await beginRun(lease, request, engine)
    return {
      outcome: 'held',
      run: lease.run,
      fence: lease.fence,
      only: request.only ?? 'everything',
      capture: !offline,
    }
  }
  const before = await readLease(ledger, destination)
  if (before?.held && before.execution === execution) return held(before)
  await refuseIfEnded(execution, engine)
  if (before?.held) await refuseWhileAlive(before, engine)
  const run = goesOn(request) ? await lastRun(before, request, engine) : newRunId(runtime.clock, runtime.random)
  const fence = (before?.fence ?? 0) + 1
  const lease: Lease = { table: destination, held: true, run, execution, fence, since: runtime.clock() }
  if (before?.quietAfter) lease.quietAfter = before.quietAfter
  if (!(await writeLease(ledger, before, lease))) {
    const winner = await readLease(ledger, destination)
    throw new Refusal(
      'run-in-progress',
      `Another execution took ${destination} at the same moment: ${winner?.execution}.`,
    )
  }
  return held(lease)
}

/** Gives the lease back; the fence stays, so that whatever still runs under it is recognised. */
export async function releaseLease(
  ledger: LedgerTable,
  table: string,
  fence: number,
  quietAfter?: number,
): Promise<void> {
  const lease = await readLease(ledger, table)
  if (!lease?.held || lease.fence !== fence) return
  const free: Lease = { ...lease, held: false }
  if (quietAfter !== undefined) free.quietAfter = Math.max(quietAfter, lease.quietAfter ?? 0)
  await writeLease(ledger, lease, free)
}

/** A delivery of the request that comes late must not begin a run that nobody drives: live changes would follow it. */
async function refuseIfEnded(execution: string, engine: LeaseEngine): Promise<void> {
  if (!(await hasEnded(execution, engine))) return
  throw new Refusal('execution-ended', `Execution ${execution} has ended and takes no lease. Start another one.`)
}

/** Two answers, a while apart, that both say so: the service's answers are eventually consistent. */
async function hasEnded(execution: string, { executions, runtime }: LeaseEngine): Promise<boolean> {
  const ended = async () => (await executions.status(execution)) === 'ended'
  if (!(await ended())) return false
  await runtime.sleep(secondLookMs)
  return ended()
}

async function refuseWhileAlive(lease: Lease, engine: LeaseEngine): Promise<void> {
  if (await hasEnded(lease.execution, engine)) return
  const since = new Date(lease.since).toISOString()
  throw new Refusal(
    'run-in-progress',
    `Run ${lease.run} holds ${lease.table} since ${since}; its execution is ${lease.execution}. Wait for it, or stop that execution and start again with resume.`,
  )
}

/** Whether a request is about the last run instead of a new one. */
const goesOn = (request: RunRequest) => request.resume || request.only !== undefined

async function lastRun(
  lease: Lease | undefined,
  { only }: RunRequest,
  { ledger, destination, codeHash }: LeaseEngine,
): Promise<string> {
  const run = lease && (await getRun(ledger, lease.run))
  if (only && run?.state !== 'finished')
    throw new Refusal(
      'nothing-to-verify',
      `No finished run into ${destination} is there to ${only}. Finish one first; \`segue status\` shows where the last one stands.`,
    )
  if (!run || (run.state === 'finished' && !only))
    throw new Refusal('nothing-to-resume', `There is no unfinished run into ${destination}. Start one without resume.`)
  if (run.codeHash !== codeHash)
    throw new Refusal(
      'code-changed',
      `Run ${run.id} was begun with other migrations than are deployed now. Deploy those it was begun with, or empty ${destination} and start anew.`,
    )
  return run.id
}

/** Makes the run's rows agree with the lease; repeatable after a lost answer. */
async function beginRun(lease: Lease, request: RunRequest, engine: LeaseEngine): Promise<RunRecord> {
  const { ledger, runtime, source, destination, schema, migrations, codeHash } = engine
  if (!goesOn(request)) {
    const applied = new Set(await readApplied(ledger, source))
    const run: RunRecord = {
      id: lease.run,
      state: 'running',
      phase: 'Lease',
      source,
      destination,
      schema,
      codeHash,
      pending: migrations.map((migration) => migration.id).filter((id) => !applied.has(id)),
      segments: request.segments ?? engine.segments,
      split: request.split,
      offline: request.offline,
      planned: false,
      execution: lease.execution,
      startedAt: runtime.clock(),
    }
    await createRun(ledger, run)
  } else {
    await updateRun(ledger, lease.run, ({ reason: _, endedAt: __, ...run }) => ({
      ...run,
      state: 'running',
      phase: 'Lease',
      split: request.split,
      execution: lease.execution,
    }))
  }
  for (;;) {
    const control = await ledgerControl(ledger, lease.run)
    if (control && control.fence >= lease.fence) return getRun(ledger, lease.run)
    // Copy may write again once a run is resumed, so quiet ends; verifying and repairing leave it as it is.
    const quiet = request.only && control?.quiet !== undefined ? { quiet: control.quiet } : {}
    if (await writeControl(ledger, lease.run, control, { command: 'run', fence: lease.fence, ...quiet }))
      return getRun(ledger, lease.run)
  }
}

async function ledgerControl(ledger: LedgerTable, run: string) {
  const control = await readControl(ledger, run)
  return control.fence === 0 ? undefined : control
}
