import { describe, expect, test } from 'vitest'
import { dollarsOf } from '../../benchmark/makespan/dollars.ts'
import { dawson, fortyGigabytes, goal, ratio, workloadOf } from '../../benchmark/makespan/grid.ts'
import { others, segue, variants } from '../../benchmark/makespan/policy.ts'
import { simulate } from '../../benchmark/makespan/simulate.ts'
import { attemptsIn, longWait, transitionsOf } from '../../benchmark/makespan/transitions.ts'
import { cold, heavyKeys, warmFor } from '../../benchmark/makespan/workload.ts'

const M = 1_000_000
const G = 1_000 * M
const seeds = [1, 2, 3, 4, 5]
const other = (name: string) => others.find((policy) => policy.name === name)!

describe('a copy by the decisions of the engine', () => {
  test.each([
    { items: 10 * M, skew: 0, workers: 100 },
    { items: 10 * M, skew: 1, workers: 100 },
    { items: 10 * M, skew: 1.73, workers: 100 },
    { items: G, skew: 0, workers: 1_000 },
    { items: G, skew: 1.73, workers: 100 },
  ])('of $items items, skew $skew, by $workers workers takes little longer than it must', (cell) => {
    for (const destination of ['cold', 'warm'] as const) {
      const outcome = simulate(workloadOf({ ...cell, destination }, 1), segue)
      expect(outcome).toMatchObject({ failedItems: 0, isEndless: false })
      expect(outcome.seconds).toBeGreaterThanOrEqual(outcome.leastSeconds * 0.999)
      expect(ratio(outcome)).toBeLessThanOrEqual(goal.times)
    }
  })

  test('of half a billion items in one key begins no more executions than its slots can use', () => {
    const { nested, transitions } = simulate(
      workloadOf({ items: G, skew: 1.73, workers: 1_000, destination: 'warm' }, 1),
      segue,
    )
    expect(nested).toBeLessThan(1_000)
    expect(transitions).toBeLessThan(100_000)
  })

  test.each([
    ['fresh', { warm: 4_000, most: 4_000 }],
    ['growing', cold],
    ['warm', warmFor(40)],
    ['warm, split for heat', { ...warmFor(40), heatMinutes: 5 }],
  ])('of the 40 GB table into a %s one needs few executions and transitions', (_, rate) => {
    for (const policy of [segue, variants.byWallClock])
      for (const seed of seeds) {
        const { nested, transitions, isEndless } = simulate(fortyGigabytes({ ...rate, seed }), policy)
        expect(isEndless).toBe(false)
        expect(nested).toBeLessThanOrEqual(1_000)
        expect(transitions).toBeLessThanOrEqual(20_000)
      }
  })

  test('of a table whose heaviest keys are known begins with them, and so ends in time wherever they lie', () => {
    for (const seed of seeds) {
      const outcome = simulate(fortyGigabytes({ seed, isKnown: true }), segue)
      expect(ratio(outcome)).toBeLessThanOrEqual(goal.times)
    }
  })

  test('splits a key that one slice is too slow for', () => {
    const load = { ...fortyGigabytes(warmFor(40)), speed: 100 }
    const [split, resumed] = [simulate(load, segue), simulate(load, other('resume only'))]
    expect(split.splits).toBeGreaterThan(0)
    expect(split.seconds).toBeLessThan(resumed.seconds / 2)
  })

  test('would follow DynamoDB where that splits a key for heat, if throttled time made a key hot', () => {
    const load = fortyGigabytes({ ...warmFor(40), heatMinutes: 5 })
    expect(simulate(load, variants.byWallClock).seconds).toBeLessThan(simulate(load, other('resume only')).seconds / 3)
  })
})

describe('the policies of others', () => {
  test('fixed segments without a cursor fail where DAWSON failed: at one key, after five tries of 15 minutes', () => {
    const { items, heavyItems } = dawson()
    expect(items / 200).toBe(68_806)
    for (const seed of seeds) {
      expect(simulate(dawson({ seed }), other('fixed segments')).failedItems).toBe(heavyItems)
      expect(simulate(dawson({ seed }), segue)).toMatchObject({ failedItems: 0, isEndless: false })
    }
  })

  test('fixed segments end where every key fits into 15 minutes', () => {
    expect(simulate(dawson({ heavyItems: 500_000 }), other('fixed segments'))).toMatchObject({ failedItems: 0 })
  })

  test('halving on failure repeats work, and costs more', () => {
    const load = fortyGigabytes({})
    const [halved, engine] = [simulate(load, other('halve on failure')), simulate(load, segue)]
    expect(halved.seconds).toBeGreaterThan(engine.seconds * 1.5)
    expect(dollarsOf(load, halved).lambda).toBeGreaterThan(dollarsOf(load, engine).lambda * 1.5)
  })

  test('handing over at 75 % ends as resuming does, with more slices', () => {
    const load = fortyGigabytes({})
    const [handed, resumed] = [simulate(load, other('hand over at 75 %')), simulate(load, other('resume only'))]
    expect(handed.seconds).toBeCloseTo(resumed.seconds, -2)
    expect(handed.slices).toBeGreaterThan(resumed.slices)
  })
})

describe('the model', () => {
  test('counts the states that the deployed machine enters', () => {
    expect(transitionsOf('done')).toBe(3)
    expect(transitionsOf('more')).toBe(3)
    expect(transitionsOf('split')).toBe(3)
    expect(transitionsOf('throttled')).toBe(2)
  })

  test('counts an attempt for a slot every ten seconds, after quicker ones', () => {
    expect(longWait).toBe(10)
    expect(attemptsIn(0)).toEqual({ attempts: 0, rounds: 0 })
    expect(attemptsIn(0.5).attempts).toBe(1)
    expect(attemptsIn(10_000).attempts).toBeGreaterThan(1_000)
    expect(attemptsIn(10_000).attempts).toBeLessThan(1_010)
  })

  test('has a key of half the table at a skew of 1.73, and none without skew', () => {
    const keys = heavyKeys(workloadOf({ items: G, skew: 1.73, workers: 100, destination: 'cold' }, 1))
    expect(keys[0]!.items / G).toBeCloseTo(0.5, 1)
    expect(heavyKeys(workloadOf({ items: G, skew: 0, workers: 100, destination: 'cold' }, 1))).toEqual([])
  })

  test('is the same with the same seed', () => {
    const load = workloadOf({ items: G, skew: 1, workers: 100, destination: 'cold' }, 3)
    expect(simulate(load, segue)).toEqual(simulate(load, segue))
  })
})
