import { describe, expect, it } from 'vitest'
import type { State } from '../../../infra/workflow/asl.ts'
import { LOOP_EVENTS, MAX_ROUNDS, ROUND_EVENTS } from '../../../infra/workflow/history.ts'
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
