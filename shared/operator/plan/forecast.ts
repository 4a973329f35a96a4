import type { TableDescription, Throughput } from '../../dynamodb/sdk/describe.ts'
import { growingSeconds, rateOf } from './capacity.ts'
import { prices } from './prices.ts'
import type { Sample } from './sample.ts'
import { partitionReadUnits, partitionWriteUnits, scanUnitsOf } from './units.ts'

/**
 * How long the passes of one run took, as shares of all three. Write units do not limit Verify and Orphans, so their time
 * can only be measured. Source: measured 2026-11-25 on DynamoDB Local, runs of 50,000, 140,000 and
 * 300,000 items of 0.9 KB: Copy 45 to 48 %, Verify 22 to 33 %, Orphans 21 to 30 %.
 */
export const shareOfRun = { copy: 0.465, verify: 0.275, orphans: 0.26 }

/** What one phase consumes of one table, index or replica. */
export interface Use {
  of: 'source' | 'destination' | 'index' | 'replica'
  /** Of the table or index; of a replica, its region. */
  name: string
  readUnits: number
  writeUnits: number
  bytes: number
  /** What it takes. No value: not known; or a replica, which takes as much as its table. */
  throughput?: Throughput
}

/** A table or index that takes so few units a second that nothing else makes its phase longer. */
export interface Narrowest {
  of: Use['of']
  name: string
  mode: Throughput['mode']
  unit: 'readUnits' | 'writeUnits'
  /** A second. */
  rate: number
  /**
   * The time of the phase if the table takes more as it goes: on demand, if it doubles as often as it may; provisioned, if auto
   * scaling has raised it to the most that it may. No value: provisioned, and whether it scales is not known.
   */
  growingSeconds?: number
}

export interface PhaseForecast {
  phase: 'Capture' | 'Copy' | 'Drain' | 'Verify' | 'Orphans'
  /**
   * Least time of a phase that waits or writes, with what the tables take as they are now; of Verify and Orphans, about the
   * time they take after such a copy.
   */
  seconds: number
  uses: Use[]
  /** No value: the slices or the heaviest key make it as long as it is, or what the tables take is not known. */
  narrowest?: Narrowest
}

export interface Forecast {
  phases: PhaseForecast[]
  total: { readUnits: number; writeUnits: number; bytes: number; seconds: number }
  /** US dollars at the prices of `prices.ts`. Units of provisioned tables are paid for already. */
  dollars: { units: number; lambda: number }
}

export interface ForecastInput {
  source: TableDescription
  destination: TableDescription
  sample: Sample
  /** In the source. */
  items: number
  /** Not copied yet. */
  itemsLeft: number
  offline: boolean
  /** Slices at work at once. */
  atWork: number
  /** Least time to write the heaviest key known. */
  keySeconds: number
  streamSlackSeconds: number
  memoryMb: number
  architecture: 'arm64' | 'x86_64'
}

/**
 * Everything a run consumes of the tables, phase by phase, if the whole table is like the sample and nothing changes it.
 *
 * A slice reads in key order, so it writes to one partition of the destination at a time: at most 1,000 write units a
 * second. A key stays in one partition until DynamoDB splits that for heat, so the heaviest key sets a least time that
 * more slices do not lower.
 */
export function forecast(input: ForecastInput): Forecast {
  const { offline, streamSlackSeconds } = input
  const waiting = (phase: 'Capture' | 'Drain', seconds: number): PhaseForecast[] =>
    offline ? [] : [{ phase, seconds, uses: [] }]
  const phases = [
    // Copy begins two slacks after live changes are turned on, so that it sees every earlier change.
    ...waiting('Capture', 2 * streamSlackSeconds),
    copyForecast(input),
    // A shard counts as read to its end after a slack of silence.
    ...waiting('Drain', streamSlackSeconds),
    verifyForecast(input),
    orphansForecast(input),
  ]
  const uses = phases.flatMap((phase) => phase.uses)
  const sum = (what: 'readUnits' | 'writeUnits' | 'bytes') => uses.reduce((total, use) => total + use[what], 0)
  const working = phases.filter((phase) => phase.uses.length > 0).reduce((total, { seconds }) => total + seconds, 0)
  const gbSeconds = (input.atWork * working * input.memoryMb) / 1_024
  return {
    phases,
    total: {
      readUnits: sum('readUnits'),
      writeUnits: sum('writeUnits'),
      bytes: sum('bytes'),
      seconds: phases.reduce((total, { seconds }) => total + seconds, 0),
    },
    dollars: {
      units: uses.reduce((total, use) => total + dollarsOf(use), 0),
      lambda: gbSeconds * prices.lambdaGbSecond[input.architecture],
    },
  }
}

function dollarsOf({ readUnits, writeUnits, throughput }: Use): number {
  if (throughput?.mode === 'provisioned') return 0
  return readUnits * prices.onDemand.readUnit + writeUnits * prices.onDemand.writeUnit
}

/** A phase that takes so long by itself, or longer where a table takes too few units a second. */
function phaseOf(phase: PhaseForecast['phase'], leastSeconds: number, uses: Use[], atWork: number): PhaseForecast {
  let narrowest: Narrowest | undefined
  let seconds = leastSeconds
  for (const { of, name, throughput, ...use } of uses) {
    for (const unit of ['readUnits', 'writeUnits'] as const) {
      const rate = rateOf(throughput, unit)
      if (!throughput || of === 'replica' || rate === undefined || use[unit] / rate <= seconds) continue
      seconds = use[unit] / rate
      const growing = growingTime(use[unit], unit, throughput, atWork)
      narrowest = {
        ...{ of, name, mode: throughput.mode, unit, rate },
        ...(growing !== undefined && { growingSeconds: Math.max(leastSeconds, growing) }),
      }
    }
  }
  return { phase, seconds, uses, ...(narrowest && { narrowest }) }
}

function growingTime(
  units: number,
  unit: 'readUnits' | 'writeUnits',
  throughput: Throughput,
  atWork: number,
): number | undefined {
  const { mode, limit, scalesTo } = throughput
  const rate = rateOf(throughput, unit) ?? 0
  if (mode === 'provisioned') return scalesTo && units / Math.max(rate, scalesTo[unit] ?? rate)
  const partition = unit === 'writeUnits' ? partitionWriteUnits : partitionReadUnits
  return growingSeconds(units, rate, limit?.[unit] ?? partition * atWork)
}

/** For a Use. */
const taking = ({ throughput }: { throughput?: Throughput }) => throughput && { throughput }

const noUse = { readUnits: 0, writeUnits: 0, bytes: 0 }

function copyForecast(input: ForecastInput): PhaseForecast {
  const { source, destination, sample, itemsLeft: items, offline } = input
  const { sums } = sample
  const bytes = each(items, sums.bytes, sample)
  const written: Use = {
    of: 'destination',
    name: destination.name,
    readUnits: 0,
    writeUnits: each(items, sums.writeUnits, sample),
    bytes: each(items, sums.outputBytes, sample),
    ...taking(destination),
  }
  const globals = (destination.indexes ?? []).flatMap(({ name, kind, ...index }, i): Use[] => {
    const sum = sums.indexes[i]
    if (kind !== 'global' || !sum) return []
    const writeUnits = each(items, sum.writeUnits, sample)
    const bytes = each(items, sum.bytes, sample)
    return [{ of: 'index', name, readUnits: 0, writeUnits, bytes, ...taking(index) }]
  })
  const everything = [written, ...globals]
  const replicas = (destination.replicas ?? []).map(
    (name): Use => ({
      of: 'replica',
      name,
      readUnits: 0,
      writeUnits: everything.reduce((total, use) => total + use.writeUnits, 0),
      bytes: everything.reduce((total, use) => total + use.bytes, 0),
      ...taking(destination),
    }),
  )
  const read = { ...noUse, readUnits: scanUnitsOf(bytes, offline), bytes }
  const uses: Use[] = [{ ...read, of: 'source', name: source.name, ...taking(source) }, ...everything, ...replicas]
  return phaseOf('Copy', copySeconds(written.writeUnits, input), uses, input.atWork)
}

/** Reads every source item by a scan, and its outputs by their keys. */
function verifyForecast(input: ForecastInput): PhaseForecast {
  const { source, destination, sample, items } = input
  const { sums } = sample
  const bytes = each(items, sums.bytes, sample)
  const readUnits = each(items, sums.readUnits, sample)
  const scanned = { ...noUse, readUnits: scanUnitsOf(bytes, false), bytes }
  const gotten = { ...noUse, readUnits, bytes: each(items, sums.outputBytes, sample) }
  const uses: Use[] = [
    { ...scanned, of: 'source', name: source.name, ...taking(source) },
    { ...gotten, of: 'destination', name: destination.name, ...taking(destination) },
  ]
  return phaseOf('Verify', checkSeconds(shareOfRun.verify, readUnits, input), uses, input.atWork)
}

/** Reads every item of the destination by a scan, and its possible source items by their keys. */
function orphansForecast(input: ForecastInput): PhaseForecast {
  const { source, destination, sample, items } = input
  const { sums } = sample
  const bytes = each(items, sums.outputBytes, sample)
  const readUnits = each(items, sums.originUnits, sample)
  const sourceBytes = each(items, sums.items === 0 ? 0 : (sums.bytes * sums.outputs) / sums.items, sample)
  const gotten = { ...noUse, readUnits, bytes: sourceBytes }
  const scanned = { ...noUse, readUnits: scanUnitsOf(bytes, false), bytes }
  const uses: Use[] = [
    { ...gotten, of: 'source', name: source.name, ...taking(source) },
    { ...scanned, of: 'destination', name: destination.name, ...taking(destination) },
  ]
  return phaseOf('Orphans', checkSeconds(shareOfRun.orphans, readUnits, input), uses, input.atWork)
}

/** A sum of the sample, scaled to `items`. */
function each(items: number, sum: number, { sums }: Sample): number {
  return sums.items === 0 ? 0 : Math.ceil((items * sum) / sums.items)
}

/** As long as the slices and the heaviest key need for it, whatever the tables take in all. */
function copySeconds(writeUnits: number, { atWork, keySeconds, itemsLeft }: ForecastInput): number {
  if (itemsLeft === 0) return 0
  return Math.max(writeUnits / (partitionWriteUnits * Math.max(1, atWork)), keySeconds)
}

/** In proportion to a copy of the whole table, even if part of it is done; never faster than partitions serve reads by key. */
function checkSeconds(share: number, readUnits: number, input: ForecastInput): number {
  const { items, sample, atWork } = input
  const whole = copySeconds(each(items, sample.sums.writeUnits, sample), { ...input, itemsLeft: items })
  return Math.max((whole * share) / shareOfRun.copy, readUnits / (partitionReadUnits * Math.max(1, atWork)))
}
