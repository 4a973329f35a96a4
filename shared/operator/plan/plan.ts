import { type Options, parseOptions, type RunRequest } from '../../config/options.ts'
import type { Rate, TableDescription } from '../../dynamodb/sdk/describe.ts'
import { readCoverage } from '../../facts/coverage.ts'
import { wasFinished } from '../../facts/resumable.ts'
import { readApplied } from '../../ledger/applied.ts'
import { listHeavy } from '../../ledger/heavy.ts'
import type { Migration } from '../../migrations/index.ts'
import { isUnanswered, nothingBeside, type Operations } from '../../phases/preflight/operations.ts'
import { preflight, type Ready } from '../../phases/preflight.ts'
import { Refusal } from '../../phases/refusal.ts'
import type { OperatorEngine } from '../engine.ts'
import { findLastRun } from '../last-run.ts'
import { type RefusedStart, whyRefused } from '../start.ts'
import { estimateItems, type ItemEstimate } from './estimate.ts'
import { type Forecast, forecast } from './forecast.ts'
import { forecastKeys, type KeyForecast } from './keys.ts'
import { answerPlan, type NoAnswer, type PlanAnswer, type PlanQuestion } from './pending.ts'
import { type Sample, sampleTable } from './sample.ts'
import { type Deadline, doneWithin, fastest, type WarmUp } from './warm.ts'

/** What a run would do, as far as that can be known without a write. Plain data. */
export interface RunPlan {
  /** Of the destination; absent if its ARN does not name them. */
  account?: string
  region?: string
  source: TableDescription
  destination: TableDescription
  request: RunRequest
  /** The options of the deployment are not known: the plan uses the defaults. */
  assumed: boolean
  /** The deployed code did not say whether the destination expires items, which would refuse the run. */
  unasked?: 'time-to-live'
  /** Why the run would be refused; absent when it would start. */
  refusal?: { code: string; message: string }
  /** What is left of the run that would be resumed. */
  resumed?: { run: string; read: number; open: number; failed: number }
  /** `pending` is absent if the deployment did not name them; `unknown` says why. */
  migrations: { applied: string[]; pending?: string[]; unknown?: string }
  segments: number
  atWork: number
  sliceSeconds: number
  items: ItemEstimate
  sample: Sample
  forecast: Forecast
  /** How the destination would take all that the slices can write. No value: it does already. */
  warm?: WarmUp
  /** What it takes to be done by then, ms since the epoch, if that was asked. */
  by?: Deadline & { at: number }
  keys: KeyForecast[]
  /** Suspected heavy keys beyond those measured. */
  unmeasuredKeys: number
}

/**
 * Plans a run from both tables, the ledger and a sample of the source.
 * @param migrations the user's, if at hand. @default the deployed code names its own
 * @param by when the run should be done, ms since the epoch. @default not asked
 * @throws DynamoDbError `table-not-found` or `access-denied`.
 */
export async function makePlan(
  request: RunRequest,
  engine: OperatorEngine,
  migrations?: readonly Migration[],
  by?: number,
): Promise<RunPlan> {
  const { ledger, deployment } = engine
  const options = optionsOf(deployment)
  const tables = await Promise.all([
    engine.describeTable(options.sourceTable),
    engine.describeTable(options.destinationTable),
  ])
  const previous = await findLastRun(ledger, deployment.destinationTable)
  const resumed = request.resume && previous && !wasFinished(previous) ? previous : undefined
  const copied = resumed && (await readCoverage(ledger, resumed, 'copy'))
  const refused = await whyRefused(request, engine)
  const first = await preflightOr(request, options, engine)
  const segments = resumed?.segments ?? request.segments ?? options.segments
  const atWork = Math.min(request.concurrency ?? options.concurrency, options.concurrency, segments)
  const jump = !Refusal.is(first) && first.split
  const { answer, sample } = await sampleOutputs({ totalSegments: segments, jump }, ...tables, engine, migrations)
  const { scaling, timeToLive } = answer?.outcome === 'answered' ? answer : {}
  // The probes decide what that means for this run, so they run once more with what only the deployed code may ask.
  const checked =
    timeToLive && !isUnanswered(timeToLive) && timeToLive.on
      ? await preflightOr(request, options, engine, { ...nothingBeside, timeToLive: async () => timeToLive })
      : first
  const source = scaled(tables[0], scaling?.source)
  const destination = scaled(tables[1], scaling?.destination)
  const heavy = await listHeavy(ledger, source.name)
  const { keys, unmeasured } = await forecastKeys(
    engine.openTable(source),
    heavy,
    sample,
    options.sliceSeconds,
    source.itemCount,
  )
  const items = estimateItems(source.itemCount, sample)
  const refusal = refusalOf(refused, checked, answer)
  const where = whereIs(destination)
  const keySeconds = keys[0]?.seconds ?? 0
  const made = forecast({
    source,
    destination,
    sample,
    items: items.items,
    itemsLeft: Math.max(0, items.items - (copied?.tallies.read ?? 0)),
    offline: resumed?.offline ?? request.offline,
    atWork,
    keySeconds,
    streamSlackSeconds: options.streamSlackSeconds,
    memoryMb: options.memoryMb,
    architecture: options.architecture,
  })
  const { region } = where
  const warmed = { forecast: made, destination, ...(region && { region }), atWork, keySeconds }
  const warm = fastest(warmed)
  return {
    ...where,
    source,
    destination,
    request,
    assumed: deployment.options === undefined,
    ...(!timeToLive && { unasked: 'time-to-live' as const }),
    ...(refusal && { refusal }),
    ...(resumed &&
      copied && {
        resumed: { run: resumed.id, read: copied.tallies.read, open: copied.open, failed: copied.failed.length },
      }),
    migrations: { applied: await readApplied(ledger, source), ...pendingOf(answer) },
    segments,
    atWork,
    sliceSeconds: options.sliceSeconds,
    items,
    sample,
    forecast: made,
    ...(warm && { warm }),
    ...(by !== undefined && { by: { ...doneWithin((by - engine.runtime.clock()) / 1_000, warmed), at: by } }),
    keys,
    unmeasuredKeys: unmeasured,
  }
}

function scaled(table: TableDescription, scalesTo: Partial<Rate> | undefined): TableDescription {
  const { throughput } = table
  return throughput && scalesTo ? { ...table, throughput: { ...throughput, scalesTo } } : table
}

/** A sample of the source, measured as the migrations transform it, or as it is if they are not known. */
async function sampleOutputs(
  question: PlanQuestion,
  source: TableDescription,
  destination: TableDescription,
  { ledger, openTable, askPlan }: OperatorEngine,
  migrations: readonly Migration[] | undefined,
): Promise<{ answer: PlanAnswer | NoAnswer | undefined; sample: Sample }> {
  const answer = migrations
    ? await answerPlan(question, { source, destination, openTable, ledger, migrations })
    : await askPlan?.(question)
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
      return { unknown: 'this deployment does not name its preflight function' }
  }
}

/** An ARN is `arn:partition:service:region:account:resource`. */
function whereIs({ arn }: TableDescription): { account?: string; region?: string } {
  const [, , , region, account] = arn.split(':')
  return { ...(account && { account }), ...(region && { region }) }
}

/** The result of a plan, for its exit code. */
export function findingOf({ refusal, keys }: RunPlan): 'refused' | 'heavy-keys' | 'ready' {
  if (refusal) return 'refused'
  return keys.some(({ fits }) => !fits) ? 'heavy-keys' : 'ready'
}

/** The first reason why the run would not begin: by the ledger, by the tables, by the deployed code. */
function refusalOf(
  refused: RefusedStart | undefined,
  checked: Ready | Refusal,
  answer: PlanAnswer | NoAnswer | undefined,
): RunPlan['refusal'] {
  if (refused) return { code: refused.error, message: refused.cause }
  if (Refusal.is(checked)) return { code: checked.code, message: checked.message }
  return answer?.outcome === 'refused' ? { code: answer.error, message: answer.cause } : undefined
}

/** The deployed options if the stack has them as an output, else the defaults. */
function optionsOf({ options, sourceTable, destinationTable }: OperatorEngine['deployment']): Options {
  return parseOptions({ ...(options as object | undefined), sourceTable, destinationTable })
}

async function preflightOr(
  request: RunRequest,
  options: Options,
  { describeTable: describe, openTable: open, ledger, runtime, deployment }: OperatorEngine,
  operations: Operations = nothingBeside,
): Promise<Ready | Refusal> {
  const stream = deployment.sourceStream
  try {
    return await preflight(request, {
      ...{ describe, open, options, ledger, stream, runtime },
      // What else there is, the person may not ask; the preflight function may (`segue preflight`).
      ...{ mapping: undefined, operations },
    })
  } catch (error) {
    if (Refusal.is(error)) return error
    throw error
  }
}
