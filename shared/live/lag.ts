import type { LagGuard } from '../ledger/lag.ts'

const warnSeconds = 3_600
/** A stream keeps records for 24 hours: at six there is time left to mend what is wrong. */
const slowSeconds = 6 * 3_600

/** The guard for an age in seconds. `refuse` is for a stream that has lost something, whatever the age. */
export function lagGuard(seconds: number): Exclude<LagGuard, 'refuse'> {
  if (seconds < warnSeconds) return 'ok'
  return seconds < slowSeconds ? 'warn' : 'slow'
}
