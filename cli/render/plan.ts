import { describeSchema } from '../../shared/dynamodb/key.ts'
import { rateOf } from '../../shared/operator/plan/capacity.ts'
import { type Narrowest, shareOfRun } from '../../shared/operator/plan/forecast.ts'
import type { KeyForecast } from '../../shared/operator/plan/keys.ts'
import { findingOf, type RunPlan } from '../../shared/operator/plan/plan.ts'
import { prices } from '../../shared/operator/plan/prices.ts'
import { newTableWriteUnits, partitionWriteUnits, quotaWriteUnits } from '../../shared/operator/plan/units.ts'
import type { WarmUp } from '../../shared/operator/plan/warm.ts'
import { keyLabel } from '../../shared/operator/status/format.ts'
import { counted, duration, grouped } from '../../shared/runtime/text.ts'
import { utc } from '../commands/until.ts'

export interface PlanView {
  keys: boolean
  flag: string
}

/** `segue plan`: one page about a run that has not begun. */
export function planPage(plan: RunPlan, { keys, flag }: PlanView): string[] {
  return [
    ...tables(plan),
    ...migrations(plan),
    ...work(plan),
    '',
    ...forecastTable(plan),
    ...assumptions(plan),
    ...price(plan),
    ...warmUp(plan),
    ...doneBy(plan),
    '',
    ...heavyKeys(plan, keys),
    '',
    `Writes only ${plan.destination.name} and Segue's own ledger; ${plan.source.name} is read, never written.`,
    ...unasked(plan, flag),
    conclusion(plan, flag),
  ]
}

/** The same for programs. */
export function planJson(plan: RunPlan, { keys }: { keys: boolean }) {
  const { sample, ...rest } = plan
  const { fullPages: _, ...told } = sample
  return {
    finding: findingOf(plan),
    ...rest,
    sample: told,
    keys: plan.keys.map((forecast) => ({ ...forecast, key: keyLabel(forecast.key, keys) })),
  }
}

function tables({ account, region, source, destination }: RunPlan): string[] {
  const lag = 'by its own count, which lags about six hours'
  const { indexes = [], replicas = [] } = destination
  const beside = [
    ...(indexes.length > 0 ? [counted(indexes.length, 'index', 'indexes')] : []),
    ...(replicas.length > 0 ? [`replicas in ${replicas.join(', ')}`] : []),
  ]
  return [
    field('Account', `${account ?? 'unknown'}, region ${region ?? 'unknown'}`),
    field('Source', `${source.name}: ${counted(source.itemCount, 'item')}, ${size(source.sizeBytes)} ${lag}`),
    field('Destination', [`${destination.name}: ${counted(destination.itemCount, 'item')}`, ...beside].join('; ')),
    field('Key', describeSchema(source.schema)),
  ]
}

function migrations({ migrations: { applied, pending, unknown } }: RunPlan): string[] {
  const known = pending && (pending.join(', ') || 'none: items are copied as they are')
  return [
    field('Applied', applied.join(', ') || 'none'),
    field('Pending', known ?? `not known (${unknown}); name the module with --migrations`),
  ]
}

function work(plan: RunPlan): string[] {
  const { assumed, segments, atWork, sliceSeconds, items, resumed } = plan
  const basis = {
    counted: 'counted just now',
    reported: "the table's own count",
    'at-least': "at least: the sample alone holds more than the table's own count says",
  }
  return [
    field(
      'Segments',
      `${grouped(segments)}, ${atWork} at work at once, slices of ${duration(sliceSeconds * 1000)}${assumed ? ' (defaults; the options of this deployment are not known)' : ''}`,
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
    ...sampled(plan),
  ]
}

function sampled({ sample: { pages, sums, migrated } }: RunPlan): string[] {
  const { items, bytes, outputs, outputBytes, quarantined } = sums
  const seen = `${counted(items, 'item')} on ${counted(pages, 'page')} from the beginnings of the segments`
  if (items === 0) return [field('Sample', seen)]
  const made = `${(outputs / items).toFixed(2)} for each item, ${grouped(outputBytes / items)} bytes together`
  return [
    field('Sample', `${seen}: ${grouped(bytes / items)} bytes an item`),
    field('Outputs', migrated ? `${made}, by the pending migrations` : 'assumed: one for each item, of the same size'),
    ...(quarantined > 0
      ? [field('Quarantine', `${grouped(quarantined)} of the ${grouped(items)} sampled items would be quarantined`)]
      : []),
  ]
}

/** One line for each phase, and under it one for each table, index and replica that it reads or writes. */
function forecastTable({ forecast: { phases, total } }: RunPlan): string[] {
  const written = (use: { readUnits: number; writeUnits: number; bytes: number }) => [
    use.readUnits > 0 ? grouped(use.readUnits) : '',
    use.writeUnits > 0 ? grouped(use.writeUnits) : '',
    use.bytes > 0 ? size(use.bytes) : '',
  ]
  const prefix = { source: '', destination: '', index: 'index ', replica: 'replica ' }
  const rows = [
    ['Forecast', 'read units', 'write units', 'data', 'time'],
    ...phases.flatMap(({ phase, seconds, uses }) => [
      [`  ${phase}`, '', '', '', duration(seconds * 1000)],
      ...uses.map((use) => [`    ${prefix[use.of]}${use.name}`, ...written(use), '']),
    ]),
    ['  In all', ...written(total), duration(total.seconds * 1000)],
  ]
  const width = (column: number) => Math.max(...rows.map((row) => row[column]?.length ?? 0))
  const widths = [0, 1, 2, 3, 4].map(width)
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart((widths[column] ?? 0) + 2)))
      .join('')
      .trimEnd(),
  )
}

function assumptions(plan: RunPlan): string[] {
  const { request } = plan
  const percent = (share: number) => `${Math.round(share * 100)} %`
  return [
    `  Copy takes at least this long: a slice writes ${grouped(partitionWriteUnits)} write units a second at most, as one partition does.`,
    ...narrow(plan),
    `  Verify and Orphans take about this long after such a copy (measured: ${percent(shareOfRun.verify)} and ${percent(shareOfRun.orphans)} of the time of all three).`,
    '  Assumes that all items are like the sample, and that nobody else uses the capacity of the tables, their indexes and replicas.',
    request.offline
      ? '  Not counted: the ledger, state transitions and Lambda requests.'
      : '  Not counted: live changes (a transaction each), the ledger, state transitions and Lambda requests, and up to minutes until Lambda has turned live changes on.',
  ]
}

/** What the tables take a second, where it makes a phase longer or is not known. */
function narrow({ forecast: { phases }, destination: { name, throughput } }: RunPlan): string[] {
  const written =
    phases.flatMap(({ uses }) => uses).find(({ of, writeUnits }) => of === 'destination' && writeUnits > 0)
      ?.writeUnits ?? 0
  const atNew = duration((written / newTableWriteUnits) * 1000)
  return [
    ...(rateOf(throughput, 'writeUnits') === undefined
      ? [
          `  How many write units ${name} takes a second is not known. A new on-demand table takes ${grouped(newTableWriteUnits)}: into one, copy takes at least ${atNew}.`,
        ]
      : []),
    ...phases.flatMap(({ phase, narrowest }) => (narrowest ? [narrowLine(phase, narrowest)] : [])),
  ]
}

function narrowLine(phase: string, { of, name, mode, unit, rate, growingSeconds }: Narrowest): string {
  const which = of === 'index' ? `index ${name}` : name
  const units = `${grouped(rate)} ${unit === 'writeUnits' ? 'write' : 'read'} units a second`
  const waits = `  ${phase} waits for ${which}, which takes ${units}`
  if (growingSeconds === undefined) return `${waits} (provisioned; whether auto scaling raises it is not known).`
  const then = duration(growingSeconds * 1000)
  return mode === 'provisioned'
    ? `${waits} (provisioned); ${then} at least with all that auto scaling may raise it to, by minutes.`
    : `${waits} now; ${then} at least if it doubles every 30 minutes, as on-demand tables may.`
}

function price({ forecast: { dollars }, destination, source }: RunPlan): string[] {
  const provisioned = [source, destination].filter(({ throughput }) => throughput?.mode === 'provisioned')
  const paid =
    provisioned.length > 0
      ? ` Units of ${provisioned.map(({ name }) => name).join(', ')} are provisioned: paid anyway.`
      : ''
  return [
    '',
    field(
      'Price',
      `about ${money(dollars.units)} for the units and ${money(dollars.lambda)} for Lambda, at prices of ${prices.region} of ${prices.asOf}.${paid}`,
    ),
  ]
}

/** What warming up costs is shown with where the price is from. */
function costs({ destination: { throughput } }: RunPlan, { dollars }: WarmUp): string {
  return throughput?.mode === 'provisioned'
    ? `${money(dollars)} for the hours of Copy`
    : `${money(dollars)} once (assumed: the price of an hour of provisioned capacity; AWS' own is not known to Segue)`
}

function warmUp(plan: RunPlan): string[] {
  const { warm, keys, by } = plan
  if (!warm || by) return []
  const key = keys[0]
  const floor =
    key && key.seconds >= warm.copySeconds
      ? '; its heaviest key takes that long by itself, unless DynamoDB splits it for heat'
      : ''
  const price = warm.command ? ` Costs ${costs(plan, warm)}.` : ''
  return [
    ...(warm.command ? [field('To warm up', warm.command)] : []),
    field(
      warm.command ? '' : 'To speed up',
      `Copy then takes at least ${duration(warm.copySeconds * 1000)}${floor}.${price}`,
    ),
    ...beside(plan, warm).map((line) => field('', line)),
  ]
}

/** What the command alone does not do. */
function beside({ destination: { name } }: RunPlan, { raises, lower }: WarmUp): string[] {
  return [
    ...raises.flatMap(({ index, limit, to }) => {
      if (limit === undefined) return []
      const which = index === undefined ? name : `index ${index}`
      return `First raise MaxWriteRequestUnits of ${which} from ${grouped(limit)} to ${grouped(to)}: it takes no more than that, however warm it is.`
    }),
    ...(raises.some(({ to }) => to > quotaWriteUnits)
      ? [
          `A table may have ${grouped(quotaWriteUnits)} write units a second unless AWS has raised that quota: ask first.`,
        ]
      : []),
    ...(lower
      ? [
          `After Copy take it back, or it is paid for by the hour: ${lower}`,
          'If auto scaling is on, raise its minimum and its maximum too; else it may undo this during Copy.',
        ]
      : []),
  ]
}

function doneBy(plan: RunPlan): string[] {
  const { by } = plan
  if (!by) return []
  const then = `To be done by ${utc(by.at)}`
  switch (by.kind) {
    case 'in-time':
      return [`${then}: nothing to do, if it starts now.`]
    case 'warm':
      return [
        by.warm.command
          ? `${then}, warm the destination up first: ${costs(plan, by.warm)}. Warming up may take minutes to hours.`
          : `${then}, let the destination take more:`,
        ...[...(by.warm.command ? [by.warm.command] : []), ...beside(plan, by.warm)].map((line) => `  ${line}`),
      ]
    case 'too-late':
      return [
        by.because === 'key'
          ? `${then}: not possible. The heaviest key alone makes it ${duration(by.runSeconds * 1000)}, unless DynamoDB splits it for heat.`
          : `${then}: not possible with ${plan.atWork} slices at work, which take ${duration(by.runSeconds * 1000)}. Raise \`concurrency\`, or choose a later time.`,
      ]
  }
}

/** `$0.03`, `$1,234`. */
function money(dollars: number): string {
  return dollars < 100 ? `$${dollars.toFixed(2)}` : `$${grouped(dollars)}`
}

function heavyKeys({ keys: forecasts, unmeasuredKeys, request, source, sample }: RunPlan, show: boolean): string[] {
  if (!source.schema.sk) return ['Heavy keys   none: without a sort key, each partition key has one item']
  const note = sample.complete
    ? 'The sample covers every partition key.'
    : 'The sample covers only the beginnings of segments; the run itself finds heavy keys further on.'
  if (forecasts.length === 0) return ['Heavy keys   none known from earlier runs, none in the sample', `  ${note}`]
  const more = unmeasuredKeys > 0 ? [`  and ${counted(unmeasuredKeys, 'more key')} not measured`] : []
  return [
    'Heavy keys',
    ...forecasts.map((forecast) => `  ${keyLine(forecast, request.split, show)}`),
    ...more,
    `  ${note}`,
  ]
}

function keyLine(
  { key, from, items, least, most, exact, seconds, fits, uncertain }: KeyForecast,
  split: boolean,
  show: boolean,
): string {
  const size = exact
    ? counted(items, 'item')
    : `about ${counted(items, 'item')} (${grouped(least)} to ${grouped(most)})`
  const will = uncertain ? 'may not fit in one slice: would be' : 'will not fit in one slice: will be'
  const fate = split ? `${will} split` : `${will} resumed, slice after slice`
  return `${keyLabel(key, show)}  ${size}, ${from}  ${exact ? 'at least' : 'about'} ${duration(seconds * 1000)} to write  ${fits ? 'fits in one slice' : fate}`
}

function unasked({ refusal, unasked, destination: { name } }: RunPlan, flag: string): string[] {
  if (refusal || !unasked) return []
  return [`Not asked: whether time to live is on at ${name}, which would refuse the run. Ask: segue preflight${flag}`]
}

function conclusion(plan: RunPlan, flag: string): string {
  const { refusal, request } = plan
  if (refusal) return `Would be refused (${refusal.code}): ${refusal.message}`
  return `Would start. Start it with: segue run${flagsOf(request)}${flag}`
}

/** The flags of `segue run` that ask for the same. */
function flagsOf({ resume, offline, segments, split, concurrency, until, ticked }: RunPlan['request']): string {
  return [
    ...(resume ? [' --resume'] : []),
    ...(offline ? [' --offline'] : []),
    ...(segments === undefined ? [] : [` --segments ${segments}`]),
    ...(concurrency === undefined ? [] : [` --concurrency ${concurrency}`]),
    ...(split ? [] : [' --no-split']),
    ...(ticked ? [' --ticked'] : []),
    ...(until === undefined ? [] : [` --until ${utc(until)}`]),
  ].join('')
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
