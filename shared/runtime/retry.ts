import type { Runtime } from './ports.ts'

export interface RetryPolicy {
  /** First ceiling of the wait. @default 50 */
  baseMs?: number
  /** Highest ceiling of the wait. @default 5000 */
  capMs?: number
  /** Attempts without progress before giving up. @default 12, about half a minute */
  attempts?: number
}

/** What one attempt came to: an answer, or a reason to try again. After one that got on, attempts are counted anew. */
export type Attempt<T> = { done: T } | { again: string; cause?: unknown; gotOn?: boolean }

/**
 * Full-jitter backoff: each wait is uniform in [0, min(cap, base·2^attempt)).
 * Source: "Exponential Backoff And Jitter", AWS Architecture Blog, 2015. The one place in the engine that retries.
 * @throws what `exhausted` makes of the last reason once attempts are used up.
 */
export async function retry<T>(
  operation: string,
  runtime: Runtime,
  attempt: () => Promise<Attempt<T>>,
  exhausted: (reason: string, cause: unknown) => Error,
  { baseMs = 50, capMs = 5_000, attempts = 12 }: RetryPolicy = {},
): Promise<T> {
  for (let tried = 1; ; tried++) {
    const result = await attempt()
    if ('done' in result) return result.done
    if (result.gotOn) tried = 1
    if (tried >= attempts) throw exhausted(result.again, result.cause)
    const waitMs = Math.floor(runtime.random() * Math.min(capMs, baseMs * 2 ** tried))
    runtime.emit({ code: 'retry.waiting', operation, attempt: tried, waitMs, reason: result.again })
    await runtime.sleep(waitMs)
  }
}
