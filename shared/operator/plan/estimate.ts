import type { Sample } from './sample.ts'

/** Write units a second that one partition takes. Source: DynamoDB developer guide, "Burst and adaptive capacity". */
export const partitionWriteUnits = 1_000
/** A strongly consistent read unit. Source: DynamoDB developer guide, "Read/write capacity". */
const readUnitBytes = 4_096

/** How many items the source holds, and how far to trust that. */
export interface ItemEstimate {
  items: number
  /**
   * `counted`: every item was seen just now; `reported`: the table's own count, about six hours old; `at-least`: the
   * sample alone saw more than the table's count, which is therefore outdated.
   */
  basis: 'counted' | 'reported' | 'at-least'
}

export function estimateItems(reported: number, sample: Sample): ItemEstimate {
  if (sample.complete && sample.fullPages.length === 0) return { items: sample.items, basis: 'counted' }
  if (sample.items > reported) return { items: sample.items, basis: 'at-least' }
  return { items: reported, basis: 'reported' }
}

export interface Work {
  bytes: number
  /** Strongly consistent reads of the source. */
  readUnits: number
  /** As if every item was written once, as large as it was read. */
  writeUnits: number
  /** Least time: no slice is faster than one partition, and no key either. */
  seconds: number
}

/**
 * What copying costs. A slice walks in key order, so its writes land in one partition of the destination at a time:
 * 1,000 write units a second are the most it can do. A key stays in one partition until DynamoDB splits that for heat,
 * so the heaviest key sets a floor that no number of slices lowers.
 * @param atWork slices at work at once.
 * @param keySeconds least time of the heaviest key known.
 */
export function estimateWork({ items }: ItemEstimate, sample: Sample, atWork: number, keySeconds: number): Work {
  const bytes = Math.round(items * sample.bytesPerItem)
  const writeUnits = Math.ceil(items * sample.writeUnitsPerItem)
  return {
    bytes,
    readUnits: Math.ceil(bytes / readUnitBytes),
    writeUnits,
    seconds: Math.max(writeUnits / (partitionWriteUnits * Math.max(1, atWork)), keySeconds),
  }
}
