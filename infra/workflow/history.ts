import { failedRetrier, throttledRetrier } from './retriers.ts'

/**
 * A Standard execution ends with an error that nothing can catch at 25,000 history events, so the loop over slices
 * continues in a fresh execution before this many. The 15,000 above are for the end of the loop, at most a split: a child
 * writes at most 70 (7 attempts of 4 events, marking it failed with 12 of 3, entering and leaving), so 200 fit.
 */
export const LOOP_EVENTS = 10_000

/** Events of each attempt of a Lambda Task: Scheduled, Started, and Succeeded, Failed or TimedOut. */
const ATTEMPT_EVENTS = 3
/** Events of each state: Entered and Exited. */
const STATE_EVENTS = 2

/**
 * The most one round of the loop can write: five states (`Slice`, `Outcome?`, `Paused` or `Throttled`, `Rounds left?`,
 * one to spare) and every attempt both retriers of `Slice` allow: 5·2 + (1 + 60 + 6)·3 = 211 events.
 */
export const ROUND_EVENTS =
  5 * STATE_EVENTS + (1 + throttledRetrier.MaxAttempts + failedRetrier.MaxAttempts) * ATTEMPT_EVENTS

/** Rounds after which a chunk continues in a fresh execution: (10,000 − 1 for ExecutionStarted) / 211 = 47. */
export const MAX_ROUNDS = Math.floor((LOOP_EVENTS - 1) / ROUND_EVENTS)
