import type { Runtime } from '../runtime/ports.ts'
import { type Ask, type Attempt, retry } from '../runtime/retry.ts'
import { DynamoDbError } from './errors.ts'

/**
 * Retries one call with backoff while its errors are retryable.
 * @throws its last error.
 */
export function withRetries<T>(operation: string, runtime: Runtime, once: () => Promise<T>, ask?: Ask): Promise<T> {
  return retry<T>(
    operation,
    runtime,
    () => once().then((done) => ({ done }), again<T>),
    (_, cause) => cause as Error,
    ask,
  )
}

/** What a failed attempt means: retried if the error is retryable, else thrown. */
export function again<T>(error: unknown): Attempt<T> {
  if (DynamoDbError.is(error) && error.retryable)
    return { again: error.code, cause: error, throttled: error.code === 'throttled' }
  throw error
}
