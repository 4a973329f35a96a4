/**
 * How often a phase of the run machine asks again, and when it gives up. Each round writes up to about 50 events to
 * the history of the execution, which ends with an error that nothing can catch at 25,000; `test/unit/infra/history.test.ts`
 * adds up the worst case of all of them.
 */

/** Longest that Capture waits for the mapping, ms: it takes up to minutes to change, and one that takes longer is stuck. */
export const captureGivesUpMs = 15 * 60_000

/**
 * Longest that Drain waits for live changes, ms. The stream keeps a change for 24 hours: by then each from before the end of
 * copy was applied or has been thrown away, which drain sees and halts by.
 */
export const drainGivesUpMs = 26 * 3_600_000

/** How long Capture waits before it asks again, seconds: a tenth of what it has waited so far, from 5 to 30. */
export function captureWaitSeconds(waitedMs: number): number {
  return Math.round(Math.min(30, Math.max(5, waitedMs / 10_000)))
}

/**
 * How long Drain waits before it reads the stream again, seconds: a twentieth of what it has waited so far, from one to ten
 * minutes, but no longer than live changes are behind.
 */
export function drainWaitSeconds(waitedMs: number, lagSeconds: number): number {
  const seconds = Math.min(600, Math.max(60, waitedMs / 20_000))
  return Math.ceil(Math.min(seconds, Math.max(1, lagSeconds, waitedMs / 1000)))
}
