import type { Catcher, Retrier } from './asl.ts'

export const THROTTLED = 'Lambda.TooManyRequestsException'

/**
 * The slice function is at its reserved concurrency: ordinary while children of a split wait for their turn, so it has a
 * retrier of its own. 60 attempts capped at 20 s, with full jitter, last about ten minutes; then the machine counts a
 * round and tries again (state `Throttled`), without limit. Attempts are bounded only because each writes history.
 */
export const throttledRetrier: Retrier = retrier([THROTTLED], { interval: 1, attempts: 60, cap: 20 })

/** Every other failure of a slice: time-out, crash, service error. It resumes at its checkpoint, so all are retried. */
export const failedRetrier: Retrier = retrier(['States.ALL'], { interval: 2, attempts: 6, cap: 60 })

/**
 * Lambda's own errors, which say nothing about our code, and throttling. As patient as a slice, with fewer attempts, because
 * some tasks run hundreds of times in one history: 8 from 20 s on, doubled, with full jitter, last about 42 minutes.
 * Source: "Handle transient Lambda service exceptions", Step Functions Developer Guide.
 */
const serviceRetrier: Retrier = retrier(
  [
    'Lambda.ServiceException',
    'Lambda.AWSLambdaException',
    'Lambda.SdkClientException',
    'Lambda.ClientExecutionTimeoutException',
    THROTTLED,
  ],
  { interval: 20, attempts: 8, cap: 3_600 },
)

/** For every Lambda but the slice. They can be repeated safely, so unexpected errors are retried too. */
export const taskRetriers: Retrier[] = [serviceRetrier, retrier(['States.ALL'], { interval: 2, attempts: 3, cap: 60 })]

/** For work of a quarter of an hour that continues from a checkpoint, as a slice does: each try makes progress. */
export const longTaskRetriers: Retrier[] = [serviceRetrier, failedRetrier]

/** Reading the manifest from S3 and writing results to it. A Map that starts over finds its finished chunks done. */
export const mapRetrier: Retrier = retrier(['States.ItemReaderFailed', 'States.ResultWriterFailed'], {
  interval: 2,
  attempts: 3,
  cap: 60,
})

export function catchAll(next: string): Catcher {
  return { ErrorEquals: ['States.ALL'], ResultPath: '$.error', Next: next }
}

function retrier(
  errors: string[],
  { interval, attempts, cap }: { interval: number; attempts: number; cap: number },
): Retrier {
  return {
    ErrorEquals: errors,
    IntervalSeconds: interval,
    BackoffRate: 2,
    MaxDelaySeconds: cap,
    MaxAttempts: attempts,
    JitterStrategy: 'FULL',
  }
}
