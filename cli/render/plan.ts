import { describeSchema } from '../../shared/dynamodb/key.ts'
import { partitionWriteUnits } from '../../shared/operator/plan/estimate.ts'
import type { KeyForecast } from '../../shared/operator/plan/keys.ts'
import { findingOf, type RunPlan } from '../../shared/operator/plan/plan.ts'
import { counted, duration, grouped, keyLabel } from '../../shared/operator/status/format.ts'

export interface PlanView {
  keys: boolean
  /** The deployed options are not known; the defaults were taken. */
  assumed: boolean
  flag: string
}

/** `segue plan`: one page about a run that has not begun. */
export function planPage(plan: RunPlan, { keys, assumed, flag }: PlanView): string[] {
  return [
    ...tables(plan),
    ...migrations(plan),
    ...work(plan, assumed),
    '',
    ...heavyKeys(plan, keys),
    '',
    `Writes only ${plan.destination.name} and Segue's own ledger; ${plan.source.name} is read, never written.`,
    conclusion(plan, flag),
  ]
}

/** The same for programs. */
export function planJson(plan: RunPlan, { keys }: { keys: boolean }) {
  const { sample, ...rest } = plan
  const { fullPages: _, ...means } = sample
  return {
    finding: findingOf(plan),
    ...rest,
    sample: means,
    keys: plan.keys.map((forecast) => ({ ...forecast, key: keyLabel(forecast.key, keys) })),
  }
}

function tables({ source, destination }: RunPlan): string[] {
  const lag = 'by its own count, which lags about six hours'
  return [
    field('Source', `${source.name}: ${counted(source.itemCount, 'item')}, ${size(source.sizeBytes)} ${lag}`),
    field('Destination', `${destination.name}: ${counted(destination.itemCount, 'item')}`),
    field('Key', describeSchema(source.schema)),
  ]
}

function migrations({ migrations: { applied, pending } }: RunPlan): string[] {
  const known = pending && (pending.join(', ') || 'none: items are copied as they are')
  return [
    field('Applied', applied.join(', ') || 'none'),
    field('Pending', known ?? 'not known here, they are bound into the deployment; name the module with --migrations'),
  ]
}

function work(plan: RunPlan, assumed: boolean): string[] {
  const { segments, atWork, sliceSeconds, items, sample, work: w, resumed } = plan
  const basis = {
    counted: 'counted just now',
    reported: "the table's own count",
    'at-least': "at least: the sample alone holds more than the table's own count says",
  }
  const seen = `${counted(sample.items, 'item')} on ${counted(sample.pages, 'page')} from the beginnings of the segments`
  return [
    field(
      'Segments',
      `${grouped(segments)}, ${atWork} at work at once, slices of ${duration(sliceSeconds * 1000)}${assumed ? ' (defaults; this deployment does not tell its options)' : ''}`,
    ),
    field('Items', `${grouped(items.items)}, ${basis[items.basis]}`),
    ...(resumed
      ? [
          field(
            'Resumes',
            `run ${resumed.run}: ${counted(resumed.read, 'item')} done, ${counted(resumed.open, 'chunk')} open, ${resumed.failed} failed`,
          ),
        ]
      : []),
    field('Sample', `${seen}: ${grouped(sample.bytesPerItem)} bytes an item`),
    field('Cost', `${grouped(w.readUnits)} read units, ${grouped(w.writeUnits)} write units, if items keep their size`),
    field(
      'Time',
      `at least ${duration(w.seconds * 1000)}, assuming ${grouped(partitionWriteUnits)} write units a second for each slice at work, the most one partition takes`,
    ),
  ]
}

function heavyKeys({ keys: forecasts, unmeasuredKeys, request, source, sample }: RunPlan, show: boolean): string[] {
  if (!source.schema.sk) return ['Heavy keys   none: without a sort key, each partition key has one item']
  const note = sample.complete
    ? 'The sample met every partition key.'
    : 'The sample saw only the beginnings of segments; heavy keys further on are found, and split, as the run meets them.'
  if (forecasts.length === 0)
    return ['Heavy keys   none remembered from earlier runs, none met by the sample', `  ${note}`]
  const more = unmeasuredKeys > 0 ? [`  and ${counted(unmeasuredKeys, 'more key')} not measured`] : []
  return [
    'Heavy keys',
    ...forecasts.map((forecast) => `  ${keyLine(forecast, request.split, show)}`),
    ...more,
    `  ${note}`,
  ]
}

function keyLine({ key, from, items, exact, seconds, fits }: KeyForecast, split: boolean, show: boolean): string {
  const size = `${exact ? '' : 'about '}${counted(items, 'item')}`
  const fate = split
    ? 'will not fit in one slice: will be split'
    : 'will not fit in one slice: will be resumed, slice after slice'
  return `${keyLabel(key, show)}  ${size}, ${from}  at least ${duration(seconds * 1000)} to write  ${fits ? 'fits in one slice' : fate}`
}

function conclusion(plan: RunPlan, flag: string): string {
  const { refusal, request } = plan
  if (refusal) return `Would be refused (${refusal.code}): ${refusal.message}`
  return `Would start. Start it with: segue run${request.resume ? ' --resume' : ''}${flag}`
}

/** `12.3 GB`; a KB is 1,024 bytes, as DynamoDB counts. */
function size(bytes: number): string {
  const units = ['bytes', 'KB', 'MB', 'GB', 'TB']
  const power = bytes < 1024 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10))
  return `${power === 0 ? grouped(bytes) : (bytes / 1024 ** power).toFixed(1)} ${units[power]}`
}

function field(name: string, value: string): string {
  return `${name.padEnd(12)} ${value}`
}
