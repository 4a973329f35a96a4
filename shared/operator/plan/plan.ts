import type { Options, RunRequest } from '../../config/options.ts'
import type { Table } from '../../dynamodb/ports.ts'
import type { TableDescription } from '../../dynamodb/sdk/describe.ts'
import { coverageOf } from '../../facts/coverage.ts'
import { wasFinished, whyExpired } from '../../facts/resumable.ts'
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
import { estimateItems, type ItemEstimate } from './estimate.ts'
import { type Forecast, forecast } from './forecast.ts'
import { forecastKeys, type KeyForecast } from './keys.ts'
import { answerPlan, type NoAnswer, type PlanAnswer, type PlanQuestion } from './pending.ts'
import { type Sample, sampleTable } from './sample.ts'

export interface PlanEngine {
  ledger: LedgerTable
  describeExecution(arn: string): Promise<ExecutionView>
  describeTable(name: string): Promise<TableDescription>
  openTable(description: TableDescription): Table
  options: Options
  /** ARN of the source's stream that the deployment reads, if any. */
  stream: string | undefined
  /** The user's migrations, where they are at hand; else the deployment is asked. */
  migrations?: readonly Migration[]
  /** Asks the code that is deployed. Absent where the deployment does not name a function that answers. */
  ask?(question: PlanQuestion): Promise<PlanAnswer | NoAnswer>
  runtime: Runtime
}

/** What a run would do, as far as can be known without doing it. Plain data; nothing was written to find it out. */
export interface RunPlan {
  /** Of the table that is written; absent where its ARN names none. */
  account?: string
  region?: string
  source: TableDescription
  destination: TableDescription
  request: RunRequest
  /** Why the run would be refused; absent when it would start. */
  refusal?: { code: string; message: string }
  /** What is left of the run that would be resumed. */
  resumed?: { run: string; read: number; open: number; failed: number }
  /** `pending` is absent where the deployment did not answer; `unknown` says why. */
  migrations: { applied: string[]; pending?: string[]; unknown?: string }
  segments: number
  atWork: number
  sliceSeconds: number
  items: ItemEstimate
  sample: Sample
  forecast: Forecast
  keys: KeyForecast[]
  /** Suspected heavy keys beyond those measured. */
  unmeasuredKeys: number
}

/**
 * Says what a run would do, from both tables, the ledger and a sample of the source.
 * @throws DynamoDbError `table-not-found` or `access-denied`.
 */
export async function makePlan(request: RunRequest, engine: PlanEngine): Promise<RunPlan> {
  const { ledger, options } = engine
  const [source, destination] = await Promise.all([
    engine.describeTable(options.sourceTable),
    engine.describeTable(options.destinationTable),
  ])
  const previous = await lastRun(engine)
  const resumed = request.resume && previous && !wasFinished(previous.run) ? previous.run : undefined
  const copied = resumed && coverageOf(await listChunks(ledger, resumed.id, 'copy'), resumed.segments)
  const checked = await preflightOr(request, engine)
  const expired = resumed && copied && whyExpired(resumed, copied)
  const segments = resumed?.segments ?? request.segments ?? options.segments
  const atWork = Math.min(options.concurrency, segments)
  const jump = !(checked instanceof Refusal) && checked.split
  const { answer, sample } = await sampleOutputs({ totalSegments: segments, jump }, source, destination, engine)
  const heavy = await listHeavy(ledger, source.name)
  const { keys, unmeasured } = await forecastKeys(engine.openTable(source), heavy, sample, options.sliceSeconds)
  const items = estimateItems(source.itemCount, sample)
  const refusal =
    refusedByLease(request, previous) ??
    (expired ? new Refusal('not-covered', expired) : undefined) ??
    (checked instanceof Refusal ? checked : undefined)
  const refused = refusal
    ? { code: refusal.code as string, message: refusal.message }
    : answer?.outcome === 'refused' && { code: answer.error, message: answer.cause }
  return {
    ...whereIs(destination),
    source,
    destination,
    request,
    ...(refused && { refusal: refused }),
    ...(resumed &&
      copied && {
        resumed: { run: resumed.id, read: copied.tallies.read, open: copied.open, failed: copied.failed.length },
      }),
    migrations: { applied: await readApplied(ledger, source.name), ...pendingOf(answer) },
    segments,
    atWork,
    sliceSeconds: options.sliceSeconds,
    items,
    sample,
    forecast: forecast({
      source,
      destination,
      sample,
      items: items.items,
      itemsLeft: Math.max(0, items.items - (copied?.tallies.read ?? 0)),
      offline: resumed?.offline ?? request.offline,
      atWork,
      keySeconds: keys[0]?.seconds ?? 0,
      streamSlackSeconds: options.streamSlackSeconds,
    }),
    keys,
    unmeasuredKeys: unmeasured,
  }
}

/** What the migrations make of a sample of the source; where they are not known, the sample as it is. */
async function sampleOutputs(
  question: PlanQuestion,
  source: TableDescription,
  destination: TableDescription,
  engine: PlanEngine,
): Promise<{ answer: PlanAnswer | NoAnswer | undefined; sample: Sample }> {
  const { migrations, ledger, openTable } = engine
  const answer = migrations
    ? await answerPlan(question, { source, destination, openTable, ledger, migrations })
    : await engine.ask?.(question)
  if (answer?.outcome === 'answered') return { answer, sample: answer.sample }
  const target = { schema: destination.schema, indexes: destination.indexes ?? [] }
  return { answer, sample: await sampleTable(openTable(source), { ...question, target }) }
}

function pendingOf(answer: PlanAnswer | NoAnswer | undefined): { pending?: string[]; unknown?: string } {
  switch (answer?.outcome) {
    case 'answered':
      return { pending: answer.pending }
    case 'refused':
      return { unknown: answer.cause }
    case 'unknown':
      return { unknown: answer.reason }
    case undefined:
      return { unknown: 'this deployment does not tell' }
  }
}

/** An ARN is `arn:partition:service:region:account:resource`. */
function whereIs({ arn }: TableDescription): { account?: string; region?: string } {
  const [, , , region, account] = arn.split(':')
  return { ...(account && { account }), ...(region && { region }) }
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
