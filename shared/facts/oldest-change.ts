import type { Capture } from '../ledger/capture.ts'
import type { Lag } from '../ledger/lag.ts'

/** A stream keeps a change for 24 hours; an hour is left to begin to read it. */
export const changeKeptMs = 23 * 3_600_000

/**
 * A lower bound of the time of the oldest live change that is known not to be applied, ms since the epoch; `undefined`
 * while live changes are applied. Known is only that they were turned off, by a person or an abort, or that the stream
 * monitor found them stopped. That the monitor has not run for long says nothing.
 */
export function oldestUnapplied(capture: Capture | undefined, lag: Lag | undefined): number | undefined {
  const since = capture?.off ?? (lag?.stopped && lag.at)
  if (!capture || since === undefined) return undefined
  return Math.max(capture.since, since - (lag?.seconds ?? 0) * 1000)
}
