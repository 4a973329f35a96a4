import type { TableDescription } from '../../dynamodb/sdk/describe.ts'
import { rateOf } from './capacity.ts'
import type { Forecast } from './forecast.ts'
import { prices } from './prices.ts'
import { partitionWriteUnits } from './units.ts'

/** Write units a second that the destination or one of its global indexes should take. */
export interface Raise {
  /** No value: the table itself. */
  index?: string
  /** What it is warm for, or provisioned with. No value: not known. */
  from?: number
  to: number
  /** On demand: the most that somebody allows (`MaxWriteRequestUnits`), if that is less. It holds however warm the table is. */
  limit?: number
}

/** How to make the destination take more, and what for. */
export interface WarmUp {
  raises: Raise[]
  /** Of the AWS CLI, on one line. No value: all of them are warm enough, and only their limits are too low. */
  command?: string
  /** Provisioned: the command that takes it back after Copy, as nothing else does. */
  lower?: string
  /**
   * US dollars: on demand, once, at an assumed price (`prices.ts`); provisioned, for the hours of Copy. What is not known to be
   * taken already is counted as if nothing was.
   */
  dollars: number
  /** Least time of Copy and of the whole run with it. */
  copySeconds: number
  runSeconds: number
}

export interface WarmInput {
  forecast: Forecast
  destination: TableDescription
  region?: string
  /** Slices at work at once. */
  atWork: number
  /** Least time to write the heaviest key known. */
  keySeconds: number
}

/** What Copy writes and needs if the destination takes everything: all slices at work, each in a partition of its own. */
function needs({ forecast, destination, atWork }: WarmInput) {
  const uses = forecast.phases.find(({ phase }) => phase === 'Copy')?.uses ?? []
  const units = uses.find(({ of }) => of === 'destination')?.writeUnits ?? 0
  const source = uses.find(({ of }) => of === 'source')
  const sourceRate = rateOf(source?.throughput, 'readUnits')
  const readSeconds = source && sourceRate !== undefined ? source.readUnits / sourceRate : 0
  const slicesSeconds = Math.max(units / (partitionWriteUnits * Math.max(1, atWork)), readSeconds)
  const indexes = (destination.indexes ?? []).flatMap(({ name, throughput }) => {
    const use = uses.find((each) => each.of === 'index' && each.name === name)
    return use ? [{ name, throughput, units: use.writeUnits }] : []
  })
  return { units, slicesSeconds, indexes }
}

/** Time of everything but Copy. */
function restSeconds({ phases, total }: Forecast): number {
  return total.seconds - (phases.find(({ phase }) => phase === 'Copy')?.seconds ?? 0)
}

/**
 * Raises the destination to what all slices together can write. No value: it takes that much already, what it takes is not
 * known, or nothing is written.
 */
export function fastest(input: WarmInput): WarmUp | undefined {
  if (rateOf(input.destination.throughput, 'writeUnits') === undefined) return undefined
  const { slicesSeconds } = needs(input)
  const made = slicesSeconds === 0 ? undefined : warmUp(input, slicesSeconds)
  return made && made.raises.length > 0 ? made : undefined
}

/** What it takes to be done within some time. */
export type Deadline =
  /** It is anyway. */
  | { kind: 'in-time' }
  | { kind: 'warm'; warm: WarmUp }
  /** Even a destination that takes everything is too slow: because of the heaviest key, or of the slices and the other phases. */
  | { kind: 'too-late'; because: 'key' | 'slices'; runSeconds: number }

/** @param seconds from now until the run should be done. */
export function doneWithin(seconds: number, input: WarmInput): Deadline {
  const { forecast, keySeconds } = input
  const { slicesSeconds, units } = needs(input)
  const forCopy = seconds - restSeconds(forecast)
  const least = Math.max(slicesSeconds, keySeconds)
  if (forCopy < least)
    return {
      kind: 'too-late',
      because: keySeconds > slicesSeconds ? 'key' : 'slices',
      runSeconds: restSeconds(forecast) + least,
    }
  if (units === 0) return { kind: 'in-time' }
  const warm = warmUp(input, forCopy)
  return warm.raises.length === 0 ? { kind: 'in-time' } : { kind: 'warm', warm }
}

/** Units are rounded up to this. */
const step = 100

function warmUp(input: WarmInput, withinSeconds: number): WarmUp {
  const { destination, forecast, keySeconds, region } = input
  const { units, indexes, slicesSeconds } = needs(input)
  const needed = (written: number) => Math.max(step, Math.ceil(written / withinSeconds / step) * step)
  const all = [{ throughput: destination.throughput, units }, ...indexes]
  const raises = all.flatMap(({ throughput, units, ...of }): Raise[] => {
    const takes = rateOf(throughput, 'writeUnits')
    const to = needed(units)
    if (units === 0 || (takes !== undefined && takes >= to)) return []
    const isProvisioned = throughput?.mode === 'provisioned'
    const from = isProvisioned ? takes : throughput?.warm?.writeUnits
    const limit = isProvisioned ? undefined : throughput?.limit?.writeUnits
    return [
      {
        ...('name' in of && { index: of.name as string }),
        ...(from !== undefined && { from }),
        to,
        ...(limit !== undefined && limit < to && { limit }),
      },
    ]
  })
  const tooCold = raises.filter(({ from = 0, to }) => from < to)
  const before = tooCold.flatMap(({ from, ...raise }) => (from === undefined ? [] : [{ ...raise, to: from }]))
  const isProvisioned = destination.throughput?.mode === 'provisioned'
  const copySeconds = Math.max(slicesSeconds, keySeconds, withinSeconds)
  return {
    raises,
    ...(tooCold.length > 0 && { command: commandOf(tooCold, destination, region) }),
    ...(isProvisioned && before.length > 0 && { lower: commandOf(before, destination, region) }),
    dollars: dollarsOf(tooCold, destination, copySeconds),
    copySeconds,
    runSeconds: restSeconds(forecast) + copySeconds,
  }
}

/** Raising warm throughput raises it in every replica. */
function dollarsOf(raises: Raise[], { throughput, replicas = [] }: TableDescription, copySeconds: number): number {
  const more = raises.reduce((sum, { from = 0, to }) => sum + to - from, 0) * (1 + replicas.length)
  if (throughput?.mode !== 'provisioned') return more * prices.warmOnce.writeUnit
  return more * prices.provisionedHour.writeUnit * Math.ceil(copySeconds / 3_600)
}

function commandOf(raises: Raise[], { name, throughput, indexes = [] }: TableDescription, region?: string): string {
  const isProvisioned = throughput?.mode === 'provisioned'
  const table = raises.find(({ index }) => index === undefined)
  const updates = raises.flatMap(({ index, to }) => {
    if (index === undefined) return []
    const reads = rateOf(indexes.find((each) => each.name === index)?.throughput, 'readUnits') ?? 1
    const update = isProvisioned
      ? { ProvisionedThroughput: { ReadCapacityUnits: reads, WriteCapacityUnits: to } }
      : { WarmThroughput: { WriteUnitsPerSecond: to } }
    return [{ Update: { IndexName: index, ...update } }]
  })
  const raised = isProvisioned
    ? `--provisioned-throughput ReadCapacityUnits=${rateOf(throughput, 'readUnits') ?? 1},WriteCapacityUnits=${table?.to}`
    : `--warm-throughput WriteUnitsPerSecond=${table?.to}`
  return [
    `aws dynamodb update-table --table-name ${name}`,
    ...(table ? [raised] : []),
    ...(updates.length > 0 ? [`--global-secondary-index-updates '${JSON.stringify(updates)}'`] : []),
    ...(region ? [`--region ${region}`] : []),
  ].join(' ')
}
