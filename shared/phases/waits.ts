/**
 * How often a phase of the run machine retries, and when it gives up. Each round writes up to about 50 events to the
 * history of the execution. At 25,000 events the execution ends with an error that nothing can catch;
 * `test/unit/infra/history.test.ts` adds up the worst case of all phases.
 */

/** How long Capture waits for the mapping at most, ms. A change of it takes up to minutes; a longer one is stuck. */
export const captureGivesUpMs = 15 * 60_000

/**
 * The longest that Drain waits for live changes, ms. The stream keeps a change for 24 hours. After that, every change
 * from before the end of the copy has been applied or trimmed, and Drain halts if one was trimmed.
 */
export const drainGivesUpMs = 26 * 3_600_000

/** The longest wait of the machine, seconds: a pause, an abort or a new owner is noticed only after it. */
const longestWaitSeconds = 60

/** How long the machine waits for something that is due in so many seconds. */
export function machineWaitSeconds(seconds: number): number {
  return Math.min(longestWaitSeconds, Math.max(1, Math.ceil(seconds)))
}

/** How long Capture waits before it retries, seconds: a tenth of its wait so far, from 5 to 30. */
export function captureWaitSeconds(waitedMs: number): number {
  return Math.round(Math.min(30, Math.max(5, waitedMs / 10_000)))
}

/**
 * How long Drain waits before it reads the stream again, seconds: a twentieth of its wait so far, from one to ten
 * minutes, but no longer than the lag of live changes.
 */
export function drainWaitSeconds(waitedMs: number, lagSeconds: number): number {
  const seconds = Math.min(600, Math.max(60, waitedMs / 20_000))
  return Math.ceil(Math.min(seconds, Math.max(1, lagSeconds, waitedMs / 1000)))
}
