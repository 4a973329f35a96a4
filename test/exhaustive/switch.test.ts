import { describe, expect, it } from 'vitest'
import type { Rule } from './switch/ports.ts'
import { explored, type Scenario } from './switch/scenario.ts'

/**
 * Two tables, one item, and the switch between them, on the real rows and the real helper: a driver that may stop or be taken
 * for dead, a sweep that undoes, an application on a frozen process, somebody who does not follow the switch, live changes that
 * stall, puts and alias requests that land late or never; every interleaving of their port calls, and of the clock's ticks.
 */
const scenarios: Record<string, Scenario> = {
  'an application writes while the tables are switched': {},
  'an application writes with a copy that is older': { row: { maxAgeSeconds: 10, writeSeconds: 5 } },
  'somebody writes who does not follow the switch, and the live function stalls': { writes: 0, late: 1, dead: 'live' },
  'somebody writes who does not follow the switch, and DynamoDB is slow to take the seal': {
    writes: 0,
    late: 1,
    ticks: 6,
  },
  'somebody writes who does not follow the switch, and it is undone': { writes: 0, late: 1, undos: 1 },
  'it is undone, and done again': { writes: 0, late: 1, undos: 1, cutovers: 2 },
  'an application writes, and it is undone': { undos: 1 },
  'a put has no answer, and may land late': { losses: 1 },
  'the driver stops': { writes: 0, late: 1, stops: true },
  'a repair is at work': { repairs: true },
  'it goes back': { rollsBack: true },
  'aliases move, and an answer is lost': { writes: 0, searches: true, losses: 1 },
  'aliases move, and the driver is taken for dead': { writes: 0, searches: true, dead: 'driver' },
  'aliases move, which an undone cutover has moved before, and an answer is lost': {
    writes: 0,
    searches: 'undone',
    losses: 1,
    requestTicks: 4,
    row: { maxAgeSeconds: 5, writeSeconds: 5 },
  },
}

/** Minutes where the machine is busy; seconds where it is not. */
const timeout = 180_000

describe('in every interleaving no write that was acknowledged is lost, and the switch ends open', () => {
  it.each(Object.keys(scenarios))('%s', { timeout }, async (name) => {
    const { counterexample, ends } = await explored(scenarios[name] as Scenario)
    expect(counterexample).toBeUndefined()
    // An exploration that makes no progress would find nothing wrong either.
    expect(ends).toBeGreaterThan(0)
  })
})

describe('leaving out any one rule gives a counterexample', () => {
  const rules: [Rule, keyof typeof scenarios][] = [
    ['a step expects the generation that was read', 'a put has no answer, and may land late'],
    ['closing waits for writes that have begun', 'an application writes while the tables are switched'],
    [
      'a seal is known before its time comes',
      'somebody writes who does not follow the switch, and DynamoDB is slow to take the seal',
    ],
    [
      'live changes apply nothing later than the seal',
      'somebody writes who does not follow the switch, and the live function stalls',
    ],
    [
      'a change later than the seal is not acknowledged while the switch is closed',
      'somebody writes who does not follow the switch, and it is undone',
    ],
    ['nobody undoes after the commit', 'an application writes, and it is undone'],
    ['an application counts by the wall clock, too', 'an application writes while the tables are switched'],
    ['an application abandons what takes too long', 'an application writes while the tables are switched'],
    [
      'live changes do not write into the active table',
      'somebody writes who does not follow the switch, and the live function stalls',
    ],
    ['repair does not write while the tables are switched, nor after', 'a repair is at work'],
    ['whoever stops leaves the switch open', 'the driver stops'],
    ['aliases are checked once nothing can move them', 'aliases move, and an answer is lost'],
    ['one at a time moves aliases', 'aliases move, which an undone cutover has moved before, and an answer is lost'],
    ['a rollback lists what it loses once nothing can be written', 'it goes back'],
  ]
  it.each(rules)('%s', { timeout }, async (rule, name) => {
    const { counterexample } = await explored(scenarios[name] as Scenario, rule)
    expect(counterexample?.wrong).toMatch(/should/)
  })
})
