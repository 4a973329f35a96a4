import { describe, expect, it } from 'vitest'
import type { Rule } from './ports.ts'
import { explored, type Scenario } from './scenario.ts'

/**
 * Copy, appliers (each may be taken for dead at any point, start again from its first record, and go on late all the same),
 * an application and settling, on the real functions of `shared/live` and `shared/passes/copy.ts`; every interleaving of
 * their port calls. Pages and what is known of quiet may be as old as one likes.
 */
const scenarios: Record<string, Scenario> = {
  'one item that moves, goes, comes back and turns poison': {
    first: [{ source: 'a', to: 'd' }],
    writes: 2,
    any: [{ source: 'a', to: 'd' }, { source: 'a', to: 'e' }, { source: 'a' }, { source: 'a', to: 'poison' }],
    targets: ['d', 'e'],
    forks: 0,
  },
  'one item that changes once, with a crash': {
    first: [{ source: 'a', to: 'd' }],
    writes: 1,
    any: [{ source: 'a', to: 'd' }, { source: 'a', to: 'e' }, { source: 'a' }, { source: 'a', to: 'poison' }],
    targets: ['d', 'e'],
  },
  'one item that goes and comes back, with a crash': {
    first: [{ source: 'a', to: 'd' }],
    writes: 2,
    any: [{ source: 'a', to: 'd' }, { source: 'a' }],
    targets: ['d'],
  },
  'one item that moves and goes, in batches, with a crash': {
    first: [{ source: 'a', to: 'd' }],
    writes: 2,
    any: [{ source: 'a', to: 'e' }, { source: 'a' }],
    targets: ['d', 'e'],
    batches: true,
  },
  'a poisoned item that is cured, with a crash': {
    first: [{ source: 'a', to: 'poison' }],
    writes: 2,
    any: [
      { source: 'a', to: 'd' },
      { source: 'a', to: 'poison' },
    ],
    targets: ['d'],
  },
  'an item that turns poison and is cured, verified meanwhile': {
    first: [{ source: 'a', to: 'd' }],
    writes: 2,
    any: [
      { source: 'a', to: 'd' },
      { source: 'a', to: 'poison' },
    ],
    targets: ['d'],
    forks: 0,
    verifies: true,
  },
  'a poisoned item that comes and goes, verified meanwhile, with a crash': {
    first: [],
    writes: 2,
    any: [{ source: 'a', to: 'poison' }, { source: 'a' }],
    targets: [],
    verifies: true,
  },
  'an item that takes over the destination key of another, with a crash': {
    first: [{ source: 'a', to: 'd' }],
    writes: 2,
    any: [{ source: 'a' }, { source: 'b', to: 'd' }],
    targets: ['d'],
  },
  'two items that take a destination key from each other': {
    first: [{ source: 'a', to: 'd' }],
    writes: 3,
    any: [{ source: 'a' }, { source: 'b', to: 'd' }, { source: 'b' }],
    targets: ['d'],
    forks: 0,
  },
  'copy entered again after settling, with a crash': {
    first: [{ source: 'a', to: 'd' }],
    writes: 1,
    any: [{ source: 'a' }],
    targets: ['d'],
    again: true,
  },
}

/** Minutes where the machine is busy; seconds where it is not. */
const timeout = 180_000

describe('in every interleaving the destination ends as the migrated source', () => {
  it.each(Object.keys(scenarios))('%s', { timeout }, async (name) => {
    const { counterexample, ends, states } = await explored(scenarios[name] as Scenario)
    expect(counterexample).toBeUndefined()
    // An exploration that gets nowhere would find nothing wrong either.
    expect(ends).toBeGreaterThan(30)
    expect(states).toBeGreaterThan(700)
  })
})

describe('leaving out any one rule gives a counterexample', () => {
  const crashed = 'one item that goes and comes back, with a crash'
  const takeover = 'an item that takes over the destination key of another, with a crash'
  const cured = 'a poisoned item that is cured, with a crash'
  const verified = 'a poisoned item that comes and goes, verified meanwhile, with a crash'
  const rules: [Rule, scenario: string][] = [
    ['copy inserts only', crashed],
    ['heads are kept', crashed],
    ['settle runs', crashed],
    ['settle is conditional', crashed],
    ['deletes are settled', crashed],
    ['quiet waits for copy', crashed],
    ['old images are read', 'one item that changes once, with a crash'],
    ['contested heads are marked', takeover],
    ['numbers of different items are not compared', takeover],
    ['appliers settle in place', takeover],
    ['quiet is read after the mark', takeover],
    ['every quiet period has its name', 'copy entered again after settling, with a crash'],
    ['cured items are rechecked', cured],
    ['quarantine entries are inserted only', cured],
    ['verify reads the item again', verified],
    ['verify expects the entry that it read', verified],
  ]
  it.each(rules)('%s', { timeout }, async (rule, scenario) => {
    const { counterexample } = await explored(scenarios[scenario] as Scenario, rule)
    expect(counterexample?.wrong).toMatch(/should|quarantine lists/)
  })
})
