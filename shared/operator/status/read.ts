import { depthOf } from '../../chunks/chunk.ts'
import { fedBuilds } from '../../facts/builds.ts'
import { type Coverage, coveringPass, readCoverage, talliesOf } from '../../facts/coverage.ts'
import { type Found, foundBy } from '../../facts/findings.ts'
import { isFinished } from '../../facts/resumable.ts'
import { type Build, isGivenUp, readBuilds } from '../../ledger/builds.ts'
import { type Capture, readCapture } from '../../ledger/capture.ts'
import { type ChunkRecord, type EachChunk, eachChunk } from '../../ledger/chunks.ts'
import { type Control, readControl } from '../../ledger/control.ts'
import { buildKey } from '../../ledger/feeds.ts'
import { type Lag, readLag } from '../../ledger/lag.ts'
import { type Lease, readLease } from '../../ledger/lease.ts'
import { ofEach, type PassKind, passIdOf, phases, verificationPasses } from '../../ledger/passes.ts'
import { countQuarantine } from '../../ledger/quarantine.ts'
import { getRun, type RunRecord } from '../../ledger/runs.ts'
import type { LedgerTable } from '../../ledger/table.ts'
import { lacksChanges } from '../../live/lag.ts'
import { inParallel } from '../../runtime/parallel.ts'
import type { Clock } from '../../runtime/ports.ts'
import { findLastRun } from '../last-run.ts'
import type { BuildLag } from './lag.ts'
import { type ExecutionView, type Verdict, verdictOf, viewOfOwner } from './verdict.ts'

/** Lags of builds read at once. */
const lagsAtOnce = 4

export interface ProgressEngine {
  ledger: LedgerTable
  describe(executionArn: string): Promise<ExecutionView>
  clock: Clock
  /** How chunks are read. @default all of them from the ledger */
  eachChunk?: EachChunk
}

/** The state of a run at one moment, read from the ledger's rows and the execution. Nothing in it is inferred. */
export interface Progress {
  /** When it was read, ms since the epoch. */
  at: number
  run: RunRecord
  control: Control
  /** The lease on the destination while it names this run. */
  lease?: Lease
  execution: ExecutionView
  /** The pass whose chunks these are. */
  pass: PassKind
  /** Chunks that were split or come from a split, and those with a slice at work. The others are only counted. */
  chunks: ChunkRecord[]
  coverage: Coverage
  /** Open chunks with a slice that has not reached its hard deadline. */
  working: number
  verdict: Verdict
  /** Items that the pass is expected to read, if known. */
  expected?: number
  /** Since when live changes are captured; absent until then, and where the run is offline. */
  capture?: Capture
  /** How far live changes were behind when last checked. */
  lag?: Lag
  /** The same of each build of indices that is fed, and of the newest one. */
  buildLags: BuildLag[]
}

/** How many items a pass of a run will read, if known. */
export type Expect = (run: RunRecord, pass: PassKind) => Promise<number | undefined>

/** Which run to read: the one that an execution begins, or a run by its id. */
export type Target = { execution: string } | { run: string }

export type Reading =
  /** There was never a run into this destination. */
  | { kind: 'none' }
  /** The execution is at work and has no run yet: it is in Preflight or Lease. */
  | { kind: 'starting'; execution: string; status: ExecutionView['status'] }
  /** The execution ended before it had a run: nothing was changed. */
  | { kind: 'refused'; execution: string; error: string; cause: string }
  | { kind: 'run'; progress: Progress }

/**
 * Reads the state of a run: of `target`, by default of the last run into the destination.
 * @throws DynamoDbError as the ledger does; errors of `describe` and `expect`.
 */
export async function readProgress(
  engine: ProgressEngine,
  destination: string,
  { target, expect }: { target?: Target; expect?: Expect } = {},
): Promise<Reading> {
  if (target && 'execution' in target) return readExecution(engine, destination, target.execution, expect)
  const run = await (target ? getRun(engine.ledger, target.run) : findLastRun(engine.ledger, destination))
  if (!run) return { kind: 'none' }
  return { kind: 'run', progress: await progressOf(engine, run, expect) }
}

async function readExecution(
  engine: ProgressEngine,
  destination: string,
  execution: string,
  expect: Expect | undefined,
): Promise<Reading> {
  const view = await engine.describe(execution)
  // Read after `describe`: if the execution had ended then, the ledger is final.
  const run = await findLastRun(engine.ledger, destination)
  if (run?.execution === execution) return { kind: 'run', progress: await progressOf(engine, run, expect) }
  if (view.status !== 'ended' || view.ended === 'FORGOTTEN') return { kind: 'starting', execution, status: view.status }
  const { error = view.ended ?? 'ENDED', cause = 'It gave no cause; its history in Step Functions says more.' } = view
  return { kind: 'refused', execution, error, cause }
}

async function progressOf(engine: ProgressEngine, before: RunRecord, expect: Expect | undefined): Promise<Progress> {
  const { ledger, describe, clock } = engine
  const view = await describe(before.execution)
  const [run, control, lease, capture, lag, buildLags] = await Promise.all([
    getRun(ledger, before.id),
    readControl(ledger, before.id),
    readLease(ledger, before.destination),
    readCapture(ledger, before.id),
    readLag(ledger, before.id),
    buildLagsOf(ledger, before),
  ])
  // Another execution has resumed the run since, so `view` is of the wrong one.
  if (run.execution !== before.execution) return progressOf(engine, run, expect)
  const pass = phases[run.phase].shows
  const chunks: ChunkRecord[] = []
  const all = coveringPass(run, pass)
  const each = engine.eachChunk ?? ((...which) => eachChunk(ledger, ...which))
  await each(run.id, passIdOf(run, pass), (chunk) => {
    all.add(chunk)
    if (isShown(chunk)) chunks.push(chunk)
  })
  const [found, expected] = await Promise.all([foundIn(ledger, run), expect?.(run, pass)])
  const at = clock()
  const isOwner = lease?.held && lease.execution === run.execution
  const execution = isOwner ? viewOfOwner(view, lease.since, at) : view
  return {
    at,
    run,
    control,
    ...(lease?.run === run.id && { lease }),
    execution,
    pass,
    chunks,
    coverage: all.read(),
    working: chunks.filter((chunk) => chunk.state === 'open' && (chunk.deadline ?? 0) > at).length,
    verdict: verdictOf(run, execution, found, lacksChanges(run, lag, capture)),
    ...(expected !== undefined && { expected }),
    ...(capture && { capture }),
    ...(lag && { lag }),
    buildLags,
  }
}

/** Nothing is read for a run that has begun no build. */
async function buildLagsOf(ledger: LedgerTable, { id, destination, index }: RunRecord): Promise<BuildLag[]> {
  if (!index) return []
  const builds = (await readBuilds(ledger, destination)).filter(({ run }) => run === id)
  const fed = fedBuilds(builds, id)
  const shown = builds.filter((build) => build.n === index.build || fed.some(({ n }) => n === build.n))
  const lags = await inParallel(lagsAtOnce, shown, (build) => readLag(ledger, buildKey(build)))
  return shown.flatMap((build, i) => lagOf(build, lags[i]))
}

/** What was measured last, unless the build was given up since: it is then measured no more. */
function lagOf(build: Build, lag: Lag | undefined): BuildLag | [] {
  const { n, state, because, stateAt } = build
  if (!isGivenUp({ state })) return lag ? { build: n, ...lag } : []
  const measured: BuildLag = { build: n, seconds: 0, guard: 'ok', at: stateAt, ...lag }
  if (because === 'trimmed') return { ...measured, guard: 'refuse' }
  return { ...measured, stopped: because === 'stream changed' ? because : 'index lost' }
}

function isShown({ id, state, deadline }: ChunkRecord): boolean {
  return state === 'split' || depthOf(id) > 0 || (state === 'open' && deadline !== undefined)
}

/**
 * The result of the last verification, with the items quarantined now; absent once its rows have expired. Not read for an
 * unfinished run, which has no verdict yet and is polled often.
 */
async function foundIn(ledger: LedgerTable, run: RunRecord): Promise<Found | undefined> {
  if (!isFinished(run)) return undefined
  const [coverages, listed] = await Promise.all([
    ofEach(verificationPasses, (kind) => readCoverage(ledger, run, kind)),
    countQuarantine(ledger, run.id),
  ])
  if (!Object.values(coverages).every(({ complete }) => complete)) return undefined
  return foundBy(talliesOf(coverages), listed)
}
