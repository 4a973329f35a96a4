import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cutsOf, surveyRange } from '../../../shared/chunks/cut.ts'
import { compareKeyValues } from '../../../shared/chunks/order.ts'
import type { KeyValue } from '../../../shared/dynamodb/attributes.ts'
import { keyValues } from './arbitraries.ts'
import { keyOfValues, pk, type VirtualKey } from './virtual-key.ts'

/** Small reads at few places, so that few keys already leave gaps to guess about. */
const options = fc.record({
  points: fc.integer({ min: 1, max: 5 }),
  itemsPerRead: fc.integer({ min: 1, max: 3 }),
  descents: fc.constantFrom(0, 0, 0, 1),
})
const pageItems = fc.constantFrom(1, 2, Number.POSITIVE_INFINITY)

describe('a survey of a range', () => {
  test('cuts are existing keys that ascend strictly inside the range, with the greatest key above the last of them', async () => {
    await fc.assert(
      fc.asyncProperty(
        keyValues(40),
        fc.nat(),
        fc.nat(),
        fc.integer({ min: 2, max: 9 }),
        options,
        pageItems,
        async (values, from, to, ways, surveyOptions, pageItems) => {
          const key = keyOfValues(values, pageItems)
          const { after, upTo } = range(values, from, to)
          const inside = keysOf(key).filter((sk) => within(sk, after, upTo))
          const survey = await surveyRange(key, { pk, ...(after && { after }), ...(upTo && { upTo }) }, surveyOptions)
          const cuts = cutsOf(survey, ways)

          expect(survey.last).toEqual(inside.at(-1))
          expect(cuts.length).toBeLessThan(ways)
          expect(cuts.length > 0).toBe(inside.length > 1)
          for (const cut of cuts) expect(inside.slice(0, -1)).toContainEqual(cut)
          for (const [index, cut] of cuts.slice(1).entries())
            expect(compareKeyValues(cuts[index]!, cut)).toBeLessThan(0)
          if (survey.exact) expect(survey.estimatedItems).toBe(inside.length)
        },
      ),
      { numRuns: 10_000 },
    )
  })

  test('what it takes for neighbours are neighbours: runs and the gaps between them hold every key once', async () => {
    await fc.assert(
      fc.asyncProperty(keyValues(40), options, pageItems, async (values, surveyOptions, pageItems) => {
        const key = keyOfValues(values, pageItems)
        const { runs, gaps } = await surveyRange(key, { pk }, surveyOptions)
        const unread = gaps.map((gap) => key.countUpTo(gap.before) - 1 - key.countUpTo(gap.after))
        for (const run of runs) expect(key.countUpTo(run.at(-1)!) - key.countUpTo(run[0]!)).toBe(run.length - 1)
        expect(runs.flat().length + unread.reduce((sum, count) => sum + count, 0)).toBe(key.size)
        expect(gaps.length).toBe(runs.length - 1)
      }),
      { numRuns: 10_000 },
    )
  })

  test('up to 49 items are counted with two reads, not guessed', async () => {
    const key = numbers(49)
    const survey = await surveyRange(key, { pk })
    expect(survey).toMatchObject({ exact: true, estimatedItems: 49, between: [49, 49], last: { N: '48' } })
    expect(key.itemsRead()).toBe(49)
  })

  test('an empty range has no last key, no items and no cuts', async () => {
    const survey = await surveyRange(numbers(10), { pk, after: { N: '9' } })
    expect(survey).toEqual({ runs: [], gaps: [], estimatedItems: 0, between: [0, 0], exact: true })
    expect(cutsOf(survey, 8)).toEqual([])
  })

  test('a single item is not to be split, two are cut at the first', async () => {
    expect(cutsOf(await surveyRange(numbers(1), { pk }), 8)).toEqual([])
    expect(cutsOf(await surveyRange(numbers(2), { pk }), 8)).toEqual([{ N: '0' }])
  })

  test('reads are eventually consistent and at most eight are under way', async () => {
    const key = numbers(100_000)
    let underWay = 0
    let most = 0
    await surveyRange(
      {
        query: async (request) => {
          expect(request.consistent).toBe(false)
          most = Math.max(most, ++underWay)
          await new Promise((resolve) => setImmediate(resolve))
          underWay--
          return key.query(request)
        },
      },
      { pk },
    )
    expect(most).toBe(8)
  })
})

function numbers(count: number): VirtualKey {
  return keyOfValues(Array.from({ length: count }, (_, index) => ({ N: String(index) })))
}

function keysOf({ size, keyAt }: VirtualKey): KeyValue[] {
  return Array.from({ length: size }, (_, index) => keyAt(index))
}

/** Ends drawn from the keys themselves, or open. */
function range(values: KeyValue[], from: number, to: number): { after?: KeyValue; upTo?: KeyValue } {
  const [a, b] = [values[from % (values.length + 1)], values[to % (values.length + 1)]]
  const [after, upTo] = a && b && compareKeyValues(a, b) > 0 ? [b, a] : [a, b]
  return { ...(after && { after }), ...(upTo && { upTo }) }
}

function within(sk: KeyValue, after: KeyValue | undefined, upTo: KeyValue | undefined): boolean {
  return (!after || compareKeyValues(sk, after) > 0) && (!upTo || compareKeyValues(sk, upTo) <= 0)
}
