import type { Options, RunRequest } from '../../config/options.ts'
import type { Table } from '../../dynamodb/ports.ts'
import type { TableDescription } from '../../dynamodb/sdk/describe.ts'
import { coverageOf } from '../../facts/coverage.ts'
import { whyExpired } from '../../facts/expired.ts'
import { wasFinished } from '../../facts/finished.ts'
import { readApplied } from '../../ledger/applied.ts'
import { listChunks } from '../../ledger/chunks.ts'
import { listHeavy } from '../../ledger/heavy.ts'
import type { LedgerTable } from '../../ledger/table.ts'
import type { Migration } from '../../migrations/index.ts'
import { preflight, type Ready } from '../../phases/preflight.ts'
import { Refusal } from '../../phases/refusal.ts'
import type { Runtime } from '../../runtime/ports.ts'
import { type Progress, readProgress } from '../status/read.ts'
import type { ExecutionView } from '../status/verdict.ts'
import { estimateItems, estimateWork, type ItemEstimate, type Work } from './estimate.ts'
import { forecastKeys, type KeyForecast } from './keys.ts'
import { type Sample, sampleTable } from './sample.ts'

export interface PlanEngine {
  ledger: LedgerTable
  describeExecution(arn: string): Promise<ExecutionView>
  describeTable(name: string): Promise<TableDescription>
  openTable(description: TableDescription): Table
  options: Options
  /** ARN of the source's stream that the deployment reads, if any. */
  stream: string | undefined
  /** The user's migrations, where they are at hand: the deployed ones are bound into the Lambdas and cannot be asked. */
  migrations?: readonly Migration[]
  runtime: Runtime
}

/** What a run would do, as far as can be known without doing it. Plain data; nothing was written to find it out. */
export interface RunPlan {
  source: TableDescription
  destination: TableDescription
  request: RunRequest
  /** Why the run would be refused; absent when it would start. */
  refusal?: { code: string; message: string }
  /** What is left of the run that would be resumed. */
  resumed?: { run: string; read: number; open: number; failed: number }
  migrations: { applied: string[]; pending?: string[] }
  segments: number
  atWork: number
  sliceSeconds: number
  items: ItemEstimate
  sample: Sample
  work: Work
  keys: KeyForecast[]
  /** Suspected heavy keys beyond those measured. */
  unmeasuredKeys: number
}

/**
 * Looks at both tables and the ledger, reads a sample of the source, and says what a run would do.
 * @throws DynamoDbError `table-not-found` or `access-denied`.
 */
export async function makePlan(request: RunRequest, engine: PlanEngine): Promise<RunPlan> {
  const { ledger, options, migrations } = engine
  const [source, destination] = await Promise.all([
    engine.describeTable(options.sourceTable),
    engine.describeTable(options.destinationTable),
  ])
  const table = engine.openTable(source)
  const previous = await lastRun(engine)
  const resumed = request.resume && previous && !wasFinished(previous.run) ? previous.run : undefined
  const copied = resumed && coverageOf(await listChunks(ledger, resumed.id, 'copy'), resumed.segments)
  const checked = await preflightOr(request, engine)
  const expired = resumed && copied && whyExpired(resumed, copied)
  const refusal =
    refusedByLease(request, previous) ??
    (expired ? new Refusal('not-covered', expired) : undefined) ??
    (checked instanceof Refusal ? checked : undefined)
  const segments = resumed?.segments ?? request.segments ?? options.segments
  const atWork = Math.min(options.concurrency, segments)
  const sample = await sampleTable(table, segments, !(checked instanceof Refusal) && checked.split)
  const heavy = await listHeavy(ledger, source.name)
  const { keys, unmeasured } = await forecastKeys(table, heavy, sample, options.sliceSeconds)
  const applied = await readApplied(ledger, source.name)
  const items = estimateItems(source.itemCount, sample)
  const left = { ...items, items: Math.max(0, items.items - (copied?.tallies.read ?? 0)) }
  return {
    source,
    destination,
    request,
    ...(refusal && { refusal: { code: refusal.code, message: refusal.message } }),
    ...(resumed &&
      copied && {
        resumed: { run: resumed.id, read: copied.tallies.read, open: copied.open, failed: copied.failed.length },
      }),
    migrations: {
      applied,
      ...(migrations && { pending: migrations.map(({ id }) => id).filter((id) => !applied.includes(id)) }),
    },
    segments,
    atWork,
    sliceSeconds: options.sliceSeconds,
    items,
    sample,
    work: estimateWork(left, sample, atWork, keys[0]?.seconds ?? 0),
    keys,
    unmeasuredKeys: unmeasured,
  }
}

/** What a plan found, for its exit code. */
export function findingOf({ refusal, keys }: RunPlan): 'refused' | 'heavy-keys' | 'ready' {
  if (refusal) return 'refused'
  return keys.some(({ fits }) => !fits) ? 'heavy-keys' : 'ready'
}

async function lastRun({ ledger, describeExecution, options, runtime }: PlanEngine): Promise<Progress | undefined> {
  const engine = { ledger, describe: describeExecution, clock: runtime.clock }
  const reading = await readProgress(engine, options.destinationTable)
  return reading.kind === 'run' ? reading.progress : undefined
}

function refusedByLease(request: RunRequest, previous: Progress | undefined): Refusal | undefined {
  if (previous?.verdict.kind === 'running' && previous.lease?.held)
    return new Refusal(
      'run-in-progress',
      `Run ${previous.run.id} holds ${previous.run.destination}; its execution is ${previous.run.execution}. Wait for it (\`segue watch\`), or stop that execution and continue with \`segue run --resume\`.`,
    )
  if (request.resume && (!previous || wasFinished(previous.run)))
    return new Refusal('nothing-to-resume', 'There is no unfinished run. Start one without --resume.')
  return undefined
}

async function preflightOr(request: RunRequest, engine: PlanEngine): Promise<Ready | Refusal> {
  const { describeTable: describe, openTable: open, options, ledger, stream, runtime } = engine
  try {
    return await preflight(request, { describe, open, options, ledger, stream, runtime })
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  }
}
