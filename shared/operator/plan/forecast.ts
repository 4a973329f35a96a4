import type { TableDescription } from '../../dynamodb/sdk/describe.ts'
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
}

export interface PhaseForecast {
  phase: 'Capture' | 'Copy' | 'Drain' | 'Verify' | 'Orphans'
  /** Least time of a phase that waits or writes; of Verify and Orphans, about the time they take after such a copy. */
  seconds: number
  uses: Use[]
}

export interface Forecast {
  phases: PhaseForecast[]
  total: { readUnits: number; writeUnits: number; bytes: number; seconds: number }
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
  return {
    phases,
    total: {
      readUnits: sum('readUnits'),
      writeUnits: sum('writeUnits'),
      bytes: sum('bytes'),
      seconds: phases.reduce((total, { seconds }) => total + seconds, 0),
    },
  }
}

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
  }
  const globals = (destination.indexes ?? []).flatMap(({ name, kind }, i): Use[] => {
    const index = sums.indexes[i]
    if (kind !== 'global' || !index) return []
    const writeUnits = each(items, index.writeUnits, sample)
    return [{ of: 'index', name, readUnits: 0, writeUnits, bytes: each(items, index.bytes, sample) }]
  })
  const everything = [written, ...globals]
  const replicas = (destination.replicas ?? []).map(
    (name): Use => ({
      of: 'replica',
      name,
      readUnits: 0,
      writeUnits: everything.reduce((total, use) => total + use.writeUnits, 0),
      bytes: everything.reduce((total, use) => total + use.bytes, 0),
    }),
  )
  return {
    phase: 'Copy',
    seconds: copySeconds(written.writeUnits, input),
    uses: [
      { ...noUse, of: 'source', name: source.name, readUnits: scanUnitsOf(bytes, offline), bytes },
      ...everything,
      ...replicas,
    ],
  }
}

/** Reads every source item by a scan, and its outputs by their keys. */
function verifyForecast(input: ForecastInput): PhaseForecast {
  const { source, destination, sample, items } = input
  const { sums } = sample
  const bytes = each(items, sums.bytes, sample)
  const readUnits = each(items, sums.readUnits, sample)
  return {
    phase: 'Verify',
    seconds: checkSeconds(shareOfRun.verify, readUnits, input),
    uses: [
      { ...noUse, of: 'source', name: source.name, readUnits: scanUnitsOf(bytes, false), bytes },
      { ...noUse, of: 'destination', name: destination.name, readUnits, bytes: each(items, sums.outputBytes, sample) },
    ],
  }
}

/** Reads every item of the destination by a scan, and its possible source items by their keys. */
function orphansForecast(input: ForecastInput): PhaseForecast {
  const { source, destination, sample, items } = input
  const { sums } = sample
  const bytes = each(items, sums.outputBytes, sample)
  const readUnits = each(items, sums.originUnits, sample)
  const sourceBytes = each(items, sums.items === 0 ? 0 : (sums.bytes * sums.outputs) / sums.items, sample)
  return {
    phase: 'Orphans',
    seconds: checkSeconds(shareOfRun.orphans, readUnits, input),
    uses: [
      { ...noUse, of: 'source', name: source.name, readUnits, bytes: sourceBytes },
      { ...noUse, of: 'destination', name: destination.name, readUnits: scanUnitsOf(bytes, false), bytes },
    ],
  }
}

/** A sum of the sample, scaled to `items`. */
function each(items: number, sum: number, { sums }: Sample): number {
  return sums.items === 0 ? 0 : Math.ceil((items * sum) / sums.items)
}

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
