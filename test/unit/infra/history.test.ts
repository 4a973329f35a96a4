import { describe, expect, it } from 'vitest'
import type { State } from '../../../infra/workflow/asl.ts'
import { LOOP_EVENTS, MAX_ROUNDS, ROUND_EVENTS } from '../../../infra/workflow/history.ts'
import { functions } from '../../../shared/config/functions-and-permissions.ts'
import {
  captureGivesUpMs,
  captureWaitSeconds,
  drainGivesUpMs,
  drainWaitSeconds,
  machineWaitSeconds,
} from '../../../shared/phases/waits.ts'
import { levels, machines, successors } from './machines.ts'

const [loop, children] = levels(machines.chunk)

/** The most events a state writes: entered and exited, and for a Task every attempt its retriers allow. */
function events(state: State): number {
  if (state.Type !== 'Task') return 2
  const attempts = 1 + state.Retry.reduce((sum, { MaxAttempts }) => sum + MaxAttempts, 0)
  // Lambda: scheduled, started, ended. A nested execution: scheduled, started, submitted, ended.
  return 2 + attempts * (state.Resource.includes(':lambda:') ? 3 : 4)
}

/** The most events on any way from one state to the next visit of `Slice`; ways that do not return do not count. */
function longestRound(name: string): number {
  const state = loop!.States[name]!
  const onward = successors(state).map((next) => (next === 'Slice' ? 0 : longestRound(next)))
  return events(state) + Math.max(-Infinity, ...onward)
}

describe('the history of a chunk', () => {
  it('writes no more in one round than is reckoned with', () => {
    expect(longestRound('Slice')).toBeGreaterThan(200)
    expect(longestRound('Slice')).toBeLessThanOrEqual(ROUND_EVENTS)
  })

  it('goes on as a fresh execution before 10,000 events', () => {
    expect(1 + MAX_ROUNDS * ROUND_EVENTS).toBeLessThanOrEqual(LOOP_EVENTS)
    expect(loop!.States['Rounds left?']).toMatchObject({
      Choices: [{ Variable: '$.slice.round', NumericGreaterThanEquals: MAX_ROUNDS, Next: 'Continue afresh' }],
    })
  })

  it('has room left for a split into 200 children that each fail as often as they may', () => {
    const iteration = 2 + Object.values(children!.States).reduce((sum, state) => sum + events(state), 0)
    expect(LOOP_EVENTS + ROUND_EVENTS + 200 * iteration).toBeLessThan(25_000)
  })

  it('counts a round however a slice comes back to itself, so no way around the bound exists', () => {
    const into = Object.entries(loop!.States).filter(([, state]) => successors(state).includes('Slice'))
    expect(into.map(([name]) => name)).toEqual(['Rounds left?'])
  })
})

describe('the history of a run', () => {
  const states = machines.run.States
  /** Of one round of a phase that waits: the task with every attempt its retriers allow, its choice, its wait. */
  const round = (...names: string[]) => names.reduce((sum, name) => sum + events(states[name]!), 0)
  /** Rounds until a phase gives up. */
  const rounds = (givesUpMs: number, waitSeconds: (waitedMs: number) => number) => {
    let count = 1
    for (let waitedMs = 0; waitedMs < givesUpMs; waitedMs += waitSeconds(waitedMs) * 1_000) count++
    return count
  }
  const capture = rounds(captureGivesUpMs, captureWaitSeconds)
  /** A drain waits within its invocation but for the time of a last poll: test/unit/phases/told-to-stop.test.ts. */
  const drain = rounds(drainGivesUpMs, () => functions.drain.seconds * 0.9 - 120)
  /** Each state once, a Distributed Map with every attempt; and every round of waiting, though all its tries fail but the last. */
  const worst =
    Object.values(states).reduce((sum, state) => sum + (state.Type === 'Map' ? 2 + 4 * 5 : events(state)), 1) +
    capture * round('Capture', 'Capturing?', 'Wait for capture') +
    drain * round('Drain', 'Drained?', 'Wait for live changes')

  it('stays below 25,000 events however long its phases wait, and whatever fails meanwhile', () => {
    expect(capture).toBeGreaterThan(30)
    expect(drain).toBeGreaterThan(100)
    expect(worst).toBeLessThan(20_000)
  })

  it('has room for the waits for slices of earlier owners: each ends with the limit of a slice, and few follow another', () => {
    const ends = [round('Settle', 'Settled?', 'Wait for quiet'), round('Lease', 'Held?', 'Wait for the run before')]
    const longestSliceSeconds = 900
    const waits = Math.ceil((longestSliceSeconds + 60) / machineWaitSeconds(Number.POSITIVE_INFINITY))
    expect(waits).toBeGreaterThan(15)
    expect(worst + 2 * waits * (ends[0]! + ends[1]!)).toBeLessThan(22_500)
  })

  it('has room for days of settling and repairing: each round is a quarter of an hour of work', () => {
    const rest = 25_000 - worst
    expect((rest / round('Settle', 'Settled?')) * 0.9 * 0.25).toBeGreaterThan(24)
    // Without failures, which is how a run of days is.
    expect((rest / (5 + 2)) * 0.9 * 0.25).toBeGreaterThan(7 * 24)
  })
})

it.each([
  [0, 0, 1],
  [0, 30, 30],
  [30_000, 1, 30],
  [600_000, 600, 60],
  [3_600_000, 3_600, 180],
  [86_400_000, 86_400, 600],
])('after %i ms of waiting, %i s behind, drain asks again after %i s', (waitedMs, lagSeconds, seconds) => {
  expect(drainWaitSeconds(waitedMs, lagSeconds)).toBe(seconds)
})
