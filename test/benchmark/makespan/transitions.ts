import type { State, States } from '../../../infra/workflow/asl.ts'
import { ALL_AT_ONCE, chunkMachine } from '../../../infra/workflow/chunk.ts'
import { throttledRetrier } from '../../../infra/workflow/retriers.ts'

const invocable = { arn: 'arn:slice', seconds: 900 }
const machine = chunkMachine({
  partition: 'aws',
  functions: { slice: invocable, 'fail-chunk': invocable },
  childrenAtOnce: ALL_AT_ONCE,
})

/** States that the deployed machine enters for one slice that ends so, up to the next slice or the end. */
export function transitionsOf(
  outcome: 'done' | 'more' | 'split' | 'throttled',
  { StartAt, States }: States = machine,
): number {
  let count = 0
  let name: string | undefined = outcome === 'throttled' ? 'Throttled' : StartAt
  while (name !== undefined) {
    count++
    const state: State = States[name]!
    const next: string | undefined = nextOf(state, outcome)
    name = next === StartAt ? undefined : next
  }
  return count
}

function nextOf(state: State, outcome: string): string | undefined {
  if (state.Type === 'Choice')
    return state.Choices.find((rule) => 'StringEquals' in rule && rule.StringEquals === outcome)?.Next ?? state.Default
  return 'Next' in state ? state.Next : undefined
}

const { IntervalSeconds, BackoffRate, MaxDelaySeconds, MaxAttempts } = throttledRetrier

/** Mean wait before an attempt for a slot, counted from 0: full jitter. */
const meanWait = (attempt: number) => Math.min(MaxDelaySeconds, IntervalSeconds * BackoffRate ** attempt) / 2

/** Mean time between two attempts of a chunk that has waited for long, seconds. */
export const longWait = meanWait(MaxAttempts)

/** Attempts for a slot within so many seconds of waiting, and the rounds of the machine that they make. */
export function attemptsIn(seconds: number): { attempts: number; rounds: number } {
  let [attempts, left] = [0, seconds]
  while (left > 0 && meanWait(attempts) < longWait) left -= meanWait(attempts++)
  attempts += Math.max(0, Math.ceil(left / longWait))
  return { attempts, rounds: Math.floor(attempts / MaxAttempts) }
}
