import type { Catcher, Retrier } from '../../../infra/workflow/asl.ts'
import type { World } from '../world.ts'
import { StateError } from './errors.ts'
import type { Thread } from './execution.ts'
import { type Json, travel } from './json.ts'
import { withResult } from './paths.ts'

interface Fallible {
  Retry?: Retrier[]
  Catch?: Catcher[]
}

/** Attempts a state until it answers or its retriers have given up. */
export async function withRetry<T>(
  world: World,
  thread: Thread,
  { Retry = [] }: Fallible,
  attempt: (retryCount: number) => Promise<T>,
): Promise<T> {
  const used = Retry.map(() => 0)
  for (let retries = 0; ; retries++) {
    try {
      return await attempt(retries)
    } catch (error) {
      thread.check()
      if (!(error instanceof StateError)) throw error
      const index = Retry.findIndex((retrier) => matches(retrier.ErrorEquals, error))
      const retrier = Retry[index]
      if (!retrier || used[index]! >= retrier.MaxAttempts) throw error
      const ceiling = Math.min(retrier.MaxDelaySeconds, retrier.IntervalSeconds * retrier.BackoffRate ** used[index]!++)
      world.hit('path: Task or Map retried')
      await thread.wait(world.dice.next() * ceiling * 1_000)
    }
  }
}

/** Where a state goes on after `error`, and with what; throws the error where nobody catches it. */
export function caught({ Catch = [] }: Fallible, error: unknown, input: Json): { next: string; output: Json } {
  const catcher = error instanceof StateError && Catch.find(({ ErrorEquals }) => matches(ErrorEquals, error))
  if (!catcher) throw error
  const result = travel({ Error: error.name, Cause: error.cause_ })
  return { next: catcher.Next, output: withResult(input, catcher.ResultPath, result) }
}

/** `States.ALL` matches everything but `States.Runtime` and `States.DataLimitExceeded`. Source: the ASL specification. */
function matches(names: string[], { name }: StateError): boolean {
  if (names.includes(name)) return true
  return names.includes('States.ALL') && name !== 'States.Runtime' && name !== 'States.DataLimitExceeded'
}
