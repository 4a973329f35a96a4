import type { Runtime } from './ports.ts'

/** First and highest ceiling of the wait, ms. */
const baseMs = 50
const capMs = 5_000
/** Attempts without progress before giving up: about a quarter of a minute of waiting, half a minute at most. */
const attempts = 12

/** Whether to retry once more. Called before each retry, so that an abort takes effect within seconds. */
export type ShouldContinue = () => Promise<boolean>

/** The result of one attempt: done, or a reason to retry. An attempt that progressed resets the count of attempts. */
export type Attempt<T> = { done: T } | { again: string; cause?: unknown; progressed?: boolean }

/**
 * Retries with full-jitter backoff: each wait is uniform in [0, min(cap, base·2^attempt)).
 * Source: "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 * @param shouldContinue called before each attempt but the first. @default always
 * @throws the error that `exhausted` makes of the last reason, once attempts are used up or `shouldContinue` says no.
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
    if (result.progressed) tried = 1
    if (tried >= attempts) throw exhausted(result.again, result.cause)
    const waitMs = Math.floor(runtime.random() * Math.min(capMs, baseMs * 2 ** tried))
    runtime.emit({ code: 'retry.waiting', operation, attempt: tried, waitMs, reason: result.again })
    await runtime.sleep(waitMs)
    if (shouldContinue && !(await shouldContinue())) throw exhausted(result.again, result.cause)
  }
}
