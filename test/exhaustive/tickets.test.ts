import { describe, expect, it } from 'vitest'
import type { Rule } from './tickets/ports.ts'
import { explored, type Scenario } from './tickets/scenario.ts'

/**
 * The feed of one build and one item, on the real functions of `shared/live/tickets`: whoever takes records (may be taken
 * for dead at any point, start again from the first record, and continue late all the same), the pass that fills the
 * build, Bury, the monitor, an application, an index that forgets its deletes, and bulks without an answer, which land
 * late or never; every interleaving of their port calls.
 */
const scenarios: Record<string, Scenario> = {
  'an item that goes while the build is filled, with a crash': { changes: 1, any: ['gone'] },
  'an item that changes, goes and comes back while the build is filled': {
    changes: 2,
    any: ['good', 'gone'],
    forks: 0,
  },
  'an item that changes twice in a filled build, with a crash': { changes: 2, any: ['good'], isFilled: true },
  'an item that goes and comes back in a filled build, with a lost answer': {
    changes: 2,
    any: ['good', 'gone'],
    isFilled: true,
    losses: 1,
    forks: 0,
  },
  'an item that changes or goes while the build is filled, with a lost answer': {
    changes: 1,
    any: ['good', 'gone'],
    losses: 1,
    forks: 0,
  },
  'an item that goes from a filled build, with a crash whose late twin lives for two steps of the clock': {
    changes: 1,
    any: ['gone'],
    isFilled: true,
    lifetime: 2,
    ticks: 1,
  },
  'an item that is rejected, with a crash': { changes: 1, any: ['bad'], isFilled: true },
  'an item that is rejected while the build is filled': { changes: 1, any: ['bad'], forks: 0, losses: 1 },
  'an item that is rejected and accepted, with a lost answer': {
    changes: 2,
    any: ['bad', 'good'],
    isFilled: true,
    forks: 0,
    losses: 1,
  },
  'an item that another program writes, too': {
    changes: 2,
    any: ['good', 'gone'],
    foreigns: 1,
    isFilled: true,
    forks: 0,
  },
  'an item that another program writes, too, with a lost answer': {
    changes: 2,
    any: ['good'],
    foreigns: 1,
    isFilled: true,
    forks: 0,
    losses: 1,
  },
  'an item that does not change while a bulk of an earlier build is under way': {
    changes: 0,
    any: [],
    stale: true,
    forks: 0,
  },
}

/** Minutes where the machine is busy; seconds where it is not. */
const timeout = 180_000

describe('in every interleaving the index ends as the documents of the table', () => {
  it.each(Object.keys(scenarios))('%s', { timeout }, async (name) => {
    const { counterexample, ends } = await explored(scenarios[name] as Scenario)
    expect(counterexample).toBeUndefined()
    // An exploration that gets nowhere would find nothing wrong either.
    expect(ends).toBeGreaterThan(0)
  })
})

describe('leaving out any one rule gives a counterexample', () => {
  const twice = 'an item that changes twice in a filled build, with a crash'
  const goes = 'an item that changes, goes and comes back while the build is filled'
  const lost = 'an item that goes and comes back in a filled build, with a lost answer'
  const foreign = 'an item that another program writes, too'
  const rules: [Rule, Scenario][] = [
    ['the ticket is taken before the item is read', scenarios[twice]!],
    ['a record counts once its request is answered', scenarios[goes]!],
    ['a record counts by what was seen before the read', { ...scenarios[twice]!, forks: 2 }],
    ['a conflict is no success', scenarios[foreign]!],
    ['a conflict counts only where a newer ticket was sent', scenarios[foreign]!],
    ['each attempt has a ticket of its own', scenarios[lost]!],
    ['a ticket remembers older ones', scenarios[lost]!],
    ['the pass is buried', scenarios[goes]!],
    ['burying waits until the pass is quiet', scenarios[goes]!],
    ['the monitor buries what the walk cannot', scenarios[lost]!],
    ['a rejected document leaves nothing behind', scenarios['an item that is rejected, with a crash']!],
    ['a rejection is listed by the newest only', { changes: 2, any: ['good', 'bad'], isFilled: true }],
    ['a delete has the routing of the document', scenarios[goes]!],
    [
      'every build has an alias of its own',
      scenarios['an item that does not change while a bulk of an earlier build is under way']!,
    ],
  ]
  it.each(rules)('%s', { timeout }, async (rule, scenario) => {
    const { counterexample } = await explored(scenario, rule)
    expect(counterexample?.wrong).toMatch(/should/)
  })
})
