import type { Runtime } from './ports.ts'

/** First and highest ceiling of the wait, ms. */
const baseMs = 50
const capMs = 5_000
/** Attempts without progress before giving up: about a quarter of a minute of waiting, half a minute at most. */
const attempts = 12

/** Whether there still is a point in trying: an abort is obeyed within seconds, and not once retries have ended. */
export type ShouldContinue = () => Promise<boolean>

/** What one attempt came to: an answer, or a reason to try again. After one that got on, attempts are counted anew. */
export type Attempt<T> = { done: T } | { again: string; cause?: unknown; gotOn?: boolean }

/**
 * Full-jitter backoff: each wait is uniform in [0, min(cap, base·2^attempt)).
 * Source: "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 * @param shouldContinue asked before each attempt but the first. @default always
 * @throws what `exhausted` makes of the last reason once attempts are used up, or there is no point in more.
 */
export async function retry<T>(
  operation: string,
  runtime: Runtime,
  attempt: () => Promise<Attempt<T>>,
  exhausted: (reason: string, cause: unknown) => Error,
  shouldContinue?: ShouldContinue,
): Promise<T> {
  for (let tried = 1; ; tried++) {
    const result = await attempt()
    if ('done' in result) return result.done
    if (result.gotOn) tried = 1
    if (tried >= attempts) throw exhausted(result.again, result.cause)
    const waitMs = Math.floor(runtime.random() * Math.min(capMs, baseMs * 2 ** tried))
    runtime.emit({ code: 'retry.waiting', operation, attempt: tried, waitMs, reason: result.again })
    await runtime.sleep(waitMs)
    if (shouldContinue && !(await shouldContinue())) throw exhausted(result.again, result.cause)
  }
}
