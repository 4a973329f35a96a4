import type { RunRequest } from '../config/options.ts'
import type { TableSchema } from '../dynamodb/key.ts'
import { resumeCommand } from '../facts/resumable.ts'
import { readApplied } from '../ledger/applied.ts'
import { readCapture } from '../ledger/capture.ts'
import { compareAndSet } from '../ledger/compare-and-set.ts'
import { type Control, readControl } from '../ledger/control.ts'
import { isAborted } from '../ledger/fencing.ts'
import { type Lease, readLease } from '../ledger/lease.ts'
import { beginOwner } from '../ledger/owner.ts'
import { runKeyPut, runOfKey } from '../ledger/run-keys.ts'
import { getRun, newRunId, type RunRecord, runPut, type TableIds } from '../ledger/runs.ts'
import { mostSlices } from '../ledger/shares.ts'
import type { LedgerTable, Put } from '../ledger/table.ts'
import type { Migration } from '../migrations/index.ts'
import type { Runtime } from '../runtime/ports.ts'
import { beating } from './beat.ts'
import { type ClaimEngine, claimLedger } from './claim-ledger.ts'
import { fenceEarlierRuns } from './fence-earlier-runs.ts'
import { type Ended, endIfTold, haltRun } from './halt.ts'
import { continuable, isAboutLastRun, refuseOverUnfinished, refuseWhileAborting } from './last-run.ts'
import { refuseOtherLedger } from './ledger-tag.ts'
import { ownerStatus } from './owner.ts'
import type { Executions, TableMarks } from './ports.ts'
import { Refusal } from './refusal.ts'
import { resumedRun } from './resume.ts'
import { machineWaitSeconds } from './waits.ts'

export interface LeaseEngine extends Omit<ClaimEngine, 'clock'> {
  marks: TableMarks
  executions: Executions
  runtime: Runtime
  source: string
  destination: string
  /** What DescribeTable says they are now. */
  tableIds: TableIds
  /** Of the destination. */
  schema: TableSchema
  migrations: Migration[]
  codeHash: string
  /** Hash of the index definitions; no value where the deployment has none. */
  searchHash?: string | undefined
  segments: number
  /** Slices that the deployment has at once. */
  concurrency: number
  sliceSeconds: number
  /** Whether the destination holds no item, by a strongly consistent read. */
  isEmpty(): Promise<boolean>
}

/** The lease is taken, but writes of earlier runs may still land. Retry after `seconds`. */
export interface Waiting {
  outcome: 'waiting'
  seconds: number
}

export interface Held {
  outcome: 'held'
  run: string
  fence: number
  only: 'everything' | 'verify' | 'repair' | 'index'
  /** Whether live changes are to be captured. */
  capture: boolean
  /** Whether search indices are to be built. */
  index: boolean
  /** Chunks of a Map at work at once. */
  concurrency: number
}

/**
 * Takes the lease on the destination for this execution, and begins a run or resumes a stopped one. A repeated call for
 * one execution returns the same.
 * @throws Refusal `run-in-progress` naming the owner, `ledger-in-use` naming its stack, `other-ledger`, `nothing-to-resume`,
 * `code-changed`, `no-definitions` or `destination-not-empty`.
 */
export async function takeLease(
  execution: string,
  request: RunRequest,
  engine: LeaseEngine,
): Promise<Held | Waiting | Ended> {
  const { ledger, destination, runtime } = engine
  const taken = await compareAndSet(`The lease on ${destination}`, () => tryLease(execution, request, engine))
  const ended = await endIfTold(taken, await getRun(ledger, taken.run), engine)
  if (ended) return ended
  const beat = beating(ledger, taken, 'Lease', runtime.clock)
  await beat()
  const lease = await fenceEarlierRuns(ledger, taken)
  if (!(await hasWritten(lease.run, ledger))) {
    const leftMs = (lease.quietAfter ?? 0) - runtime.clock()
    if (leftMs >= 0 && lease.quietAfter) {
      await beat({ seconds: leftMs / 1000, why: 'writes of an earlier run may still land' })
      return { outcome: 'waiting', seconds: machineWaitSeconds(Math.floor(leftMs / 1000) + 1) }
    }
    await refuseUnlessEmpty(lease, engine)
  }
  const { offline, concurrency = engine.concurrency } = await getRun(ledger, lease.run)
  const { only = 'everything' } = request
  const index = buildsIndices(request, engine)
  return { outcome: 'held', run: lease.run, fence: lease.fence, only, capture: !offline, concurrency, index }
}

/** Whether an execution builds indices: a whole run does, and one that is asked to. */
function buildsIndices({ only }: RunRequest, { searchHash }: Pick<LeaseEngine, 'searchHash'>): boolean {
  return searchHash !== undefined && (only === undefined || only === 'index')
}

/** One attempt. `undefined` if another writer was first: then whoever holds the lease is asked for anew. */
async function tryLease(
  execution: string,
  request: RunRequest,
  engine: LeaseEngine,
): Promise<{ done: Lease } | undefined> {
  const { ledger, destination, runtime, stack } = engine
  const before = await readLease(ledger, destination)
  if (before?.execution === execution) {
    if (before.held) return { done: before }
    throw new Refusal('execution-ended', `Execution ${execution} has given its lease back. Start another one.`)
  }
  await refuseIfEnded(execution, engine)
  await claimLedger({ ...engine, clock: runtime.clock })
  if (before?.held) await refuseWhileAlive(before, engine)
  if (!isAboutLastRun(request)) {
    await refuseUsedKey(request, engine)
    if (before) await refuseOverAnother(before, request, engine)
    await refuseOtherLedger(engine.source, engine.marks)
  }
  const id = isAboutLastRun(request) ? await lastRun(before, request, engine) : newRunId(runtime.clock, runtime.random)
  // Before anything is written there.
  await engine.marks.markDestination()
  const fence = (before?.fence ?? 0) + 1
  const lease: Lease = { table: destination, held: true, run: id, execution, stack, fence, since: runtime.clock() }
  if (before?.quietAfter) lease.quietAfter = before.quietAfter
  const earlier = [...(before?.superseded ?? []), ...(before && before.run !== id ? [before.run] : [])]
  if (earlier.length > 0) lease.superseded = earlier
  const control = await readControl(ledger, id)
  const run = isAboutLastRun(request)
    ? await resumedRun(
        lease,
        {
          split: request.split,
          only: request.only,
          index: buildsIndices(request, engine),
          ...fewer(request, engine, control),
        },
        ledger,
        runtime.clock,
      )
    : runPut(undefined, await newRun(lease, request, engine))
  const begins = { read: control, control: controlOf(request, runtime.clock()), also: keyPuts(lease, request) }
  return (await beginOwner(ledger, before, lease, run, begins)) ? { done: lease } : undefined
}

/** How many slices work at once, where the deployment has more: as many as the request wants, and the budget suits. */
function fewer(
  { concurrency: wanted = Number.POSITIVE_INFINITY }: RunRequest,
  { concurrency: deployed, sliceSeconds }: LeaseEngine,
  { budget }: Partial<Control> = {},
): { concurrency?: number } {
  const concurrency = Math.min(wanted, mostSlices(budget, sliceSeconds))
  return concurrency < deployed ? { concurrency } : {}
}

/** What a request says of the run it begins or resumes: when it is to pause, and who began it. Those who resume have said so. */
function controlOf(request: RunRequest, at: number): Partial<Control> {
  const { until, by, why } = request
  const pause = until === undefined ? {} : { pauseAt: until }
  if (isAboutLastRun(request) || (by === undefined && why === undefined)) return pause
  return { ...pause, version: 1, verb: 'run', at, ...(by !== undefined && { by }), ...(why !== undefined && { why }) }
}

function keyPuts({ table, run }: Lease, request: RunRequest): Put[] {
  return request.key === undefined || isAboutLastRun(request) ? [] : [runKeyPut(table, request.key, run)]
}

/** @throws Refusal `key-used`: however often a pipeline starts with one key, it begins one run. */
async function refuseUsedKey({ key }: RunRequest, { ledger, destination }: LeaseEngine): Promise<void> {
  const used = key === undefined ? undefined : await runOfKey(ledger, destination, key)
  if (used === undefined) return
  throw new Refusal('key-used', `Key ${key} has begun run ${used} before. For another run use another key.`)
}

/** A late delivery must not begin a run that no execution drives: live changes would be captured for it. */
async function refuseIfEnded(execution: string, engine: LeaseEngine): Promise<void> {
  const since = engine.runtime.clock()
  if ((await ownerStatus({ execution, since }, engine)) !== 'ended') return
  throw new Refusal('execution-ended', `Execution ${execution} has ended and takes no lease. Start another one.`)
}

async function refuseWhileAlive(lease: Lease, engine: LeaseEngine): Promise<void> {
  if ((await isOfGoneStack(lease, engine)) || (await ownerStatus(lease, engine)) === 'ended') return
  const since = new Date(lease.since).toISOString()
  throw new Refusal(
    'run-in-progress',
    `Run ${lease.run} holds ${lease.table} since ${since}; its execution is ${lease.execution}. Wait for it, or stop that execution and start again with resume.`,
  )
}

/** Whether an execution has gone with its stack: this one may not describe what another stack's machine did. */
async function isOfGoneStack({ stack }: Lease, engine: LeaseEngine): Promise<boolean> {
  return stack !== undefined && stack !== engine.stack && (await engine.stacks.use(stack)) === 'gone'
}

/** A run that was stopped after its preflight can be resumed only while it is the last one. */
async function refuseOverAnother(
  { run }: Lease,
  { key }: RunRequest,
  { ledger, destination, isEmpty }: LeaseEngine,
): Promise<void> {
  const last = await getRun(ledger, run)
  await refuseWhileAborting(last, ledger)
  if (key !== undefined) refuseOverUnfinished(last)
  if (await isEmpty()) return
  throw new Refusal(
    'destination-not-empty',
    `Run ${run} has written to ${destination} since this execution began. Resume it, if it has not finished (\`segue run --resume\`); to begin anew, turn live changes off (\`segue capture off\`), empty the table and start again.`,
  )
}

/** Whether this run may have written to the destination, by copy or by live changes. */
async function hasWritten(id: string, ledger: LedgerTable): Promise<boolean> {
  const [run, capture] = await Promise.all([getRun(ledger, id), readCapture(ledger, id)])
  return run.planned || capture !== undefined
}

/**
 * Refuses if an earlier run, or its live changes, wrote after preflight: copy would take those items for its own. The
 * run stays halted, without the lease.
 */
async function refuseUnlessEmpty({ run, fence }: Lease, engine: LeaseEngine): Promise<void> {
  // In this order: a late delivery of the request sees the writes of its own run.
  if ((await engine.isEmpty()) || (await hasWritten(run, engine.ledger))) return
  const cause = `Table ${engine.destination} holds items again, of an earlier run or its live changes. Turn those off (\`segue capture off\`), empty the table and start again.`
  await haltRun({ run, fence, error: 'destination-not-empty', cause }, engine)
  throw new Refusal('destination-not-empty', cause)
}

async function lastRun(lease: Lease | undefined, request: RunRequest, engine: LeaseEngine): Promise<string> {
  const { ledger, destination, codeHash, searchHash } = engine
  if (request.only === 'index' && searchHash === undefined)
    throw new Refusal(
      'no-definitions',
      'This deployment has no index definitions. Give the construct a module of them (`search`), deploy and start again.',
    )
  const run = await continuable(lease && (await getRun(ledger, lease.run)), request, {
    ...engine,
    clock: engine.runtime.clock,
  })
  // Whoever only builds indices needs no migrations.
  if (request.only !== 'index' && run.codeHash !== codeHash)
    throw new Refusal(
      'code-changed',
      `Run ${run.id} was begun with other migrations than are deployed now. Deploy those it was begun with; or turn live changes off (\`segue capture off\`), empty ${destination} and start anew.`,
    )
  refuseReplaced(run, engine.tableIds)
  await refuseAgainstCommand(run, ledger)
  return run.id
}

/**
 * Only a person lowers a command, not whoever starts an execution. An abort that came after the finish has no effect.
 * @throws Refusal `told-to-stop`.
 */
async function refuseAgainstCommand(run: RunRecord, ledger: LedgerTable): Promise<void> {
  const control = await readControl(ledger, run.id)
  if (control.command !== 'pause' && !isAborted(run, control)) return
  const told = control.command === 'pause' ? 'paused' : 'aborted'
  throw new Refusal(
    'told-to-stop',
    `Run ${run.id} was ${told} by an operator, and starting an execution does not undo that. Continue it with \`${resumeCommand(run)}\`.`,
  )
}

/** Checkpoints are about the tables they were made of, whatever bears their names now. */
function refuseReplaced({ id, source, destination, tableIds = {} }: RunRecord, now: TableIds): void {
  const isReplaced = (role: 'source' | 'destination') =>
    tableIds[role] !== undefined && now[role] !== undefined && tableIds[role] !== now[role]
  const replaced = [...(isReplaced('source') ? [source] : []), ...(isReplaced('destination') ? [destination] : [])]
  if (replaced.length === 0) return
  throw new Refusal(
    'table-replaced',
    `Table ${replaced.join(' and table ')} was deleted and made anew since run ${id} began, so its checkpoints say nothing about it. Turn live changes off (\`segue capture off\`), empty ${destination} and start without resume.`,
  )
}

async function newRun(lease: Lease, request: RunRequest, engine: LeaseEngine): Promise<RunRecord> {
  const { ledger, runtime, source, destination, schema, migrations, codeHash } = engine
  const applied = new Set(await readApplied(ledger, { name: source, id: engine.tableIds.source }))
  return {
    id: lease.run,
    state: 'running',
    phase: 'Lease',
    source,
    destination,
    tableIds: engine.tableIds,
    schema,
    codeHash,
    pending: migrations.map((migration) => migration.id).filter((id) => !applied.has(id)),
    segments: request.segments ?? engine.segments,
    ...(request.key !== undefined && { key: request.key }),
    split: request.split,
    ...fewer(request, engine),
    offline: request.offline,
    planned: false,
    execution: lease.execution,
    fence: lease.fence,
    budgetFence: lease.fence,
    startedAt: runtime.clock(),
  }
}
