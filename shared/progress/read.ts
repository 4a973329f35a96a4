import { type ChunkRecord, listChunks } from '../ledger/chunks.ts'
import { type Control, readControl } from '../ledger/control.ts'
import { LedgerError } from '../ledger/errors.ts'
import { type Lease, readLease } from '../ledger/lease.ts'
import { getRun, type RunRecord } from '../ledger/runs.ts'
import type { LedgerTable } from '../ledger/table.ts'
import { type Coverage, coverageOf } from '../run/coverage.ts'
import type { Clock } from '../runtime/ports.ts'
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
  chunks: ChunkRecord[]
  coverage: Coverage
  /** Open chunks with a slice that has not reached its hard deadline. */
  working: number
  verdict: Verdict
  /** Items the source is said to hold, where that is known: about six hours old. */
  expected?: number
}

/** What to look at: the run an execution begins, or a run; without either, the last run into the destination. */
export type Follow = { execution: string } | { run: string }

export type Reading =
  /** Nothing was ever run into this destination. */
  | { kind: 'none' }
  /** The execution is at work and has no run yet: it is in Preflight or Lease. */
  | { kind: 'starting'; execution: string }
  /** The execution ended before it had a run: nothing was changed. */
  | { kind: 'refused'; execution: string; error: string; cause: string }
  | { kind: 'run'; progress: Progress }

/**
 * Reads where a run stands.
 * @throws DynamoDbError as the ledger does; whatever `describe` throws.
 */
export async function readProgress(
  engine: ProgressEngine,
  destination: string,
  { follow, expected }: { follow?: Follow; expected?: number } = {},
): Promise<Reading> {
  if (follow && 'execution' in follow) return followExecution(engine, destination, follow.execution, expected)
  const found = await lookUp(engine.ledger, destination, follow?.run)
  if (!found) return { kind: 'none' }
  return { kind: 'run', progress: await progressOf(engine, destination, found.run, expected) }
}

async function followExecution(
  engine: ProgressEngine,
  destination: string,
  execution: string,
  expected: number | undefined,
): Promise<Reading> {
  const view = await engine.describe(execution)
  // Read after the execution was asked: one that had ended has then said in the ledger all it will ever say.
  const found = await lookUp(engine.ledger, destination)
  if (found?.run.execution === execution)
    return { kind: 'run', progress: await progressOf(engine, destination, found.run, expected) }
  if (view.status !== 'ended' || view.ended === 'FORGOTTEN') return { kind: 'starting', execution }
  const { error = view.ended ?? 'ENDED', cause = 'It gave no cause; its history in Step Functions says more.' } = view
  return { kind: 'refused', execution, error, cause }
}

async function progressOf(
  { ledger, describe, clock }: ProgressEngine,
  destination: string,
  before: RunRecord,
  expected: number | undefined,
): Promise<Progress> {
  const execution = await describe(before.execution)
  const [run, control, chunks, lease] = await Promise.all([
    getRun(ledger, before.id),
    readControl(ledger, before.id),
    listChunks(ledger, before.id, 'copy'),
    readLease(ledger, destination),
  ])
  // Another execution has taken the run up since: what is known of the first says nothing about it.
  if (run.execution !== before.execution) return progressOf({ ledger, describe, clock }, destination, run, expected)
  const at = clock()
  const coverage = coverageOf(chunks, run.segments)
  return {
    at,
    run,
    control,
    ...(lease?.run === run.id && { lease }),
    execution,
    chunks,
    coverage,
    working: chunks.filter((chunk) => chunk.state === 'open' && (chunk.deadline ?? 0) > at).length,
    verdict: verdictOf(run, execution, coverage.tallies.quarantined),
    ...(expected !== undefined && { expected }),
  }
}

async function lookUp(ledger: LedgerTable, destination: string, run?: string): Promise<{ run: RunRecord } | undefined> {
  const id = run ?? (await readLease(ledger, destination))?.run
  if (id === undefined) return undefined
  try {
    return { run: await getRun(ledger, id) }
  } catch (error) {
    // The lease is written a moment before the run it names.
    if (error instanceof LedgerError && error.code === 'row-missing' && run === undefined) return undefined
    throw error
  }
}
