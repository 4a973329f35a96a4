import type { Runtime } from './ports.ts'

/** First and highest ceiling of the wait, ms. */
const baseMs = 50
const capMs = 5_000
/** Attempts without progress before giving up: about a quarter of a minute of waiting, half a minute at most. */
const attempts = 12

/** Asks whether work may continue. Throws why it may not. */
export interface Ask {
  (): Promise<void>
  /** Told of a write that got no answer: it may still land, also after a later attempt has succeeded. */
  unanswered?: () => void
  /** Told for how long a throttled call waits before it is repeated, ms. */
  throttled?: (waitMs: number) => void
  /**
   * Takes capacity units of a table before a call, and waits until the budget of the work has them. Throws why the work
   * must stop.
   * @returns what to call once the service has said what the call took.
   */
  spend?: (kind: 'read' | 'write', units: number) => Promise<Settle>
}

/** Told of the units that a call took; of nothing where the service does not say. */
export type Settle = (took: number | undefined) => void

/**
 * The result of one attempt: done, or a reason to retry. An attempt that progressed resets the count of attempts.
 * `throttled`: a table had no capacity left.
 */
export type Attempt<T> = { done: T } | { again: string; cause?: unknown; progressed?: boolean; throttled?: boolean }

/**
 * Retries with full-jitter backoff: each wait is uniform in [0, min(cap, base·2^attempt)).
 * Source: "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 * @param ask called before each attempt, the first too: waiting, or the work before it, may have taken any time.
 * @throws the error that `exhausted` makes of the last reason, once attempts are used up; or what `ask` throws.
 */
export async function retry<T>(
  operation: string,
  runtime: Runtime,
  attempt: () => Promise<Attempt<T>>,
  exhausted: (reason: string, cause: unknown) => Error,
  ask?: Ask,
): Promise<T> {
  for (let tried = 1; ; tried++) {
    await ask?.()
    const result = await attempt()
    if ('done' in result) return result.done
    if (result.progressed) tried = 1
    if (tried >= attempts) throw exhausted(result.again, result.cause)
    const waitMs = Math.floor(runtime.random() * Math.min(capMs, baseMs * 2 ** tried))
    runtime.emit({ code: 'retry.waiting', operation, attempt: tried, waitMs, reason: result.again })
    if (result.throttled) ask?.throttled?.(waitMs)
    await runtime.sleep(waitMs)
  }
}
