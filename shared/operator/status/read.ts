import { type Coverage, coverageOf, talliesOf } from '../../facts/coverage.ts'
import { type Found, foundBy } from '../../facts/findings.ts'
import { type Capture, readCapture } from '../../ledger/capture.ts'
import { type ChunkRecord, listChunks } from '../../ledger/chunks.ts'
import { type Control, readControl } from '../../ledger/control.ts'
import { type Lag, readLag } from '../../ledger/lag.ts'
import { type Lease, readLease } from '../../ledger/lease.ts'
import { ofEach, type PassKind, passIdOf, phases, verificationPasses } from '../../ledger/passes.ts'
import { countQuarantine } from '../../ledger/quarantine.ts'
import { getRun, type RunRecord } from '../../ledger/runs.ts'
import type { LedgerTable } from '../../ledger/table.ts'
import { lacksChanges } from '../../live/lag.ts'
import type { Clock } from '../../runtime/ports.ts'
import { findLastRun } from '../last-run.ts'
import { type ExecutionView, type Verdict, verdictOf } from './verdict.ts'

export interface ProgressEngine {
  ledger: LedgerTable
  describe(executionArn: string): Promise<ExecutionView>
  clock: Clock
}

/** One look at a run. Everything in it was read from the ledger's rows and the execution, nothing was guessed. */
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
  chunks: ChunkRecord[]
  coverage: Coverage
  /** Open chunks with a slice that has not reached its hard deadline. */
  working: number
  verdict: Verdict
  /** Items the pass is expected to meet, where that is known. */
  expected?: number
  /** Since when live changes are captured; absent until then, and where the run is offline. */
  capture?: Capture
  /** How far live changes were behind when last looked at. */
  lag?: Lag
}

/** Tells how many items a pass of a run will read, where that is known. */
export type Expect = (run: RunRecord, pass: PassKind) => Promise<number | undefined>

/** What to look at: the run an execution begins, or a run; without either, the last run into the destination. */
export type Follow = { execution: string } | { run: string }

export type Reading =
  /** Nothing was ever run into this destination. */
  | { kind: 'none' }
  /** The execution is at work and has no run yet: it is in Preflight or Lease. */
  | { kind: 'starting'; execution: string; status: ExecutionView['status'] }
  /** The execution ended before it had a run: nothing was changed. */
  | { kind: 'refused'; execution: string; error: string; cause: string }
  | { kind: 'run'; progress: Progress }

/**
 * Reads where a run stands.
 * @throws DynamoDbError as the ledger does; whatever `describe` and `expect` throw.
 */
export async function readProgress(
  engine: ProgressEngine,
  destination: string,
  { follow, expect }: { follow?: Follow; expect?: Expect } = {},
): Promise<Reading> {
  if (follow && 'execution' in follow) return followExecution(engine, destination, follow.execution, expect)
  const run = await (follow ? getRun(engine.ledger, follow.run) : findLastRun(engine.ledger, destination))
  if (!run) return { kind: 'none' }
  return { kind: 'run', progress: await progressOf(engine, run, expect) }
}

async function followExecution(
  engine: ProgressEngine,
  destination: string,
  execution: string,
  expect: Expect | undefined,
): Promise<Reading> {
  const view = await engine.describe(execution)
  // Read after the execution was asked: one that had ended has then said in the ledger all it will ever say.
  const run = await findLastRun(engine.ledger, destination)
  if (run?.execution === execution) return { kind: 'run', progress: await progressOf(engine, run, expect) }
  if (view.status !== 'ended' || view.ended === 'FORGOTTEN') return { kind: 'starting', execution, status: view.status }
  const { error = view.ended ?? 'ENDED', cause = 'It gave no cause; its history in Step Functions says more.' } = view
  return { kind: 'refused', execution, error, cause }
}

async function progressOf(engine: ProgressEngine, before: RunRecord, expect: Expect | undefined): Promise<Progress> {
  const { ledger, describe, clock } = engine
  const execution = await describe(before.execution)
  const [run, control, lease, capture, lag] = await Promise.all([
    getRun(ledger, before.id),
    readControl(ledger, before.id),
    readLease(ledger, before.destination),
    readCapture(ledger, before.id),
    readLag(ledger, before.id),
  ])
  // Another execution has taken the run up since: what is known of the first says nothing about it.
  if (run.execution !== before.execution) return progressOf(engine, run, expect)
  const pass = phases[run.phase].shows
  const chunks = await listChunks(ledger, run.id, passIdOf(run, pass))
  const [found, expected] = await Promise.all([foundIn(ledger, run), expect?.(run, pass)])
  const at = clock()
  return {
    at,
    run,
    control,
    ...(lease?.run === run.id && { lease }),
    execution,
    pass,
    chunks,
    coverage: coverageOf(chunks, run.segments),
    working: chunks.filter((chunk) => chunk.state === 'open' && (chunk.deadline ?? 0) > at).length,
    verdict: verdictOf(run, execution, found, lacksChanges(run, lag, capture)),
    ...(expected !== undefined && { expected }),
    ...(capture && { capture }),
    ...(lag && { lag }),
  }
}

/**
 * What the last verification found, and what is quarantined now; nothing once rows of it have expired. A run that goes on
 * has no verdict yet, and is asked often.
 */
async function foundIn(ledger: LedgerTable, run: RunRecord): Promise<Found | undefined> {
  if (run.state !== 'finished') return undefined
  const [coverages, listed] = await Promise.all([
    ofEach(verificationPasses, async (kind) =>
      coverageOf(await listChunks(ledger, run.id, passIdOf(run, kind)), run.segments),
    ),
    countQuarantine(ledger, run.id),
  ])
  if (!Object.values(coverages).every(({ complete }) => complete)) return undefined
  return foundBy(talliesOf(coverages), listed)
}
