import type { Throughput } from '../../dynamodb/sdk/describe.ts'

/** Units a second that a table or index takes as it is now; no value: not known. */
export function rateOf(throughput: Throughput | undefined, unit: 'readUnits' | 'writeUnits'): number | undefined {
  if (!throughput) return undefined
  const { mode, warm, limit } = throughput
  if (mode === 'provisioned') return limit?.[unit]
  const known = [warm?.[unit], limit?.[unit]].filter((rate) => rate !== undefined)
  return known.length === 0 ? undefined : Math.min(...known)
}

/**
 * How often an on-demand table may double what it takes. Source: DynamoDB developer guide, "Initial throughput and scaling
 * properties": it throttles above twice its previous peak within 30 minutes.
 */
const doublesAfterSeconds = 30 * 60

/** Seconds to write so many units if what is taken doubles as often as it may, up to `most` a second. */
export function growingSeconds(units: number, from: number, most: number): number {
  let [left, rate, seconds] = [units, from, 0]
  while (rate < most && left > rate * doublesAfterSeconds) {
    left -= rate * doublesAfterSeconds
    seconds += doublesAfterSeconds
    rate = Math.min(most, rate * 2)
  }
  return seconds + left / rate
}
