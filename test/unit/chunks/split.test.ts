import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Chunk, RangeChunk, SegmentChunk } from '../../../shared/chunks/chunk.ts'
import { cutsOf, surveyRange } from '../../../shared/chunks/cut.ts'
import { ChunkError } from '../../../shared/chunks/errors.ts'
import { compareKeyValues, keyTypeOf, maxKeyValue } from '../../../shared/chunks/order.ts'
import { restOfKey, splitChunk } from '../../../shared/chunks/split.ts'
import { covers, tiles } from '../../../shared/chunks/tiling.ts'
import type { KeyValue } from '../../../shared/dynamodb/attributes.ts'
import { keyValues } from './arbitraries.ts'
import { keyOfValues, pk, type VirtualKey } from './virtual-key.ts'

const N = (value: number): KeyValue => ({ N: String(value) })
const segment: SegmentChunk = { kind: 'segment', segment: 42, totalSegments: 64 }
const cursor = (sk: KeyValue) => ({ pk, sk })

describe('splitting a chunk', () => {
  test('a segment gives its rest behind the key first, then ranges of the key in order', () => {
    expect(splitChunk('s00042', segment, cursor(N(5)), [N(10), N(20)])).toEqual([
      { id: 's00042.0', chunk: { ...segment, after: { pk, sk: maxKeyValue('N') } } },
      { id: 's00042.1', chunk: { kind: 'range', pk, after: N(5), upTo: N(10) } },
      { id: 's00042.2', chunk: { kind: 'range', pk, after: N(10), upTo: N(20) } },
      { id: 's00042.3', chunk: { kind: 'range', pk, after: N(20) } },
    ])
  })

  test('a range gives ranges only, the last up to its own end', () => {
    const range: RangeChunk = { kind: 'range', pk, after: N(0), upTo: N(30) }
    expect(splitChunk('s00042.3', range, cursor(N(5)), [N(10)])).toEqual([
      { id: 's00042.3.0', chunk: { kind: 'range', pk, after: N(5), upTo: N(10) } },
      { id: 's00042.3.1', chunk: { kind: 'range', pk, after: N(10), upTo: N(30) } },
    ])
  })

  test.each<[string, Chunk, KeyValue[], string]>([
    ['no cuts', segment, [], 'bad-cuts'],
    ['a cut at the cursor', segment, [N(5)], 'bad-cuts'],
    ['a cut before the cursor', segment, [N(4), N(9)], 'bad-cuts'],
    ['a cut twice', segment, [N(9), N(9)], 'bad-cuts'],
    ['falling cuts', segment, [N(9), N(8)], 'bad-cuts'],
    ['a cut at the end', { kind: 'range', pk, upTo: N(9) }, [N(9)], 'bad-cuts'],
    ['a cut past the end', { kind: 'range', pk, upTo: N(9) }, [N(10)], 'bad-cuts'],
    ['a cursor in another key', { kind: 'range', pk: { S: 'other' } }, [N(9)], 'bad-cursor'],
  ])('%s is refused', (_, chunk, cuts, code) => {
    expect(() => splitChunk('s', chunk, cursor(N(5)), cuts)).toThrow(
      expect.objectContaining({ code, name: 'ChunkError' }),
    )
  })

  test('a cursor without a sort key is refused: such a table has no hot keys', () => {
    expect(() => splitChunk('s', segment, { pk }, [N(1)])).toThrow(ChunkError)
  })

  test('any split tiles what is left: every item after the cursor in exactly one range, none before it in any', async () => {
    await fc.assert(
      fc.asyncProperty(splits(), async ({ key, at, chunk, ways, options }) => {
        const sk = key.keyAt(at)
        const cuts = cutsOf(await surveyRange(key, restOfKey(chunk, cursor(sk)), options), ways)
        fc.pre(cuts.length > 0)
        const children = splitChunk('s', chunk, cursor(sk), cuts).map((child) => child.chunk)
        const ranges = children.filter((child) => child.kind === 'range')
        const upTo = chunk.kind === 'range' ? chunk.upTo : undefined

        expect(tiles(chunk, cursor(sk), children)).toBe(true)
        for (const [index, item] of keysOf(key).entries()) {
          const left = index > at && (!upTo || compareKeyValues(item, upTo) <= 0)
          expect(ranges.filter((range) => covers(range, cursor(item))).length).toBe(left ? 1 : 0)
        }
        for (const child of children) {
          if (child.kind === 'segment') expectBehind(child, key.keyAt(key.size - 1))
          else expect(countIn(key, child)).toBeGreaterThan(0)
        }
      }),
      { numRuns: 10_000 },
    )
  })

  test('splitting again and again ends, with every item in a range of its own', async () => {
    await fc.assert(
      fc.asyncProperty(splits(), async ({ key, chunk, ways, options }) => {
        const leaves: RangeChunk[] = []
        const open: RangeChunk[] = [
          { kind: 'range', pk, ...(chunk.kind === 'range' && chunk.upTo && { upTo: chunk.upTo }) },
        ]
        const items = countIn(key, open[0]!)
        for (let range = open.pop(); range; range = open.pop()) {
          const cuts = cutsOf(await surveyRange(key, range, options), ways)
          if (cuts.length === 0) leaves.push(range)
          else {
            // A slice that has read nothing yet has no cursor: the first range may only start at an open end.
            const ends = [range.after, ...cuts, range.upTo]
            const children = ends.slice(1).map(
              (end, i): RangeChunk => ({
                kind: 'range',
                pk,
                ...(ends[i] && { after: ends[i] }),
                ...(end && { upTo: end }),
              }),
            )
            for (const child of children) expect(countIn(key, child)).toBeLessThan(countIn(key, range))
            open.push(...children)
          }
        }
        expect(leaves.length).toBe(Math.max(1, items))
        for (const leaf of leaves) expect(countIn(key, leaf)).toBe(Math.min(1, items))
      }),
      { numRuns: 10_000 },
    )
  })
})

describe('the check that children tile their parent', () => {
  const rest: SegmentChunk = { ...segment, after: { pk, sk: maxKeyValue('N') } }
  const range = (after: number, upTo?: number): RangeChunk => ({
    kind: 'range',
    pk,
    after: N(after),
    ...(upTo !== undefined && { upTo: N(upTo) }),
  })
  const whole = [rest, range(5, 10), range(10, 20), range(20)]

  test('accepts them in any order', () => {
    expect(tiles(segment, cursor(N(5)), whole)).toBe(true)
    expect(tiles(segment, cursor(N(5)), whole.toReversed())).toBe(true)
    expect(tiles({ ...range(0, 20) }, cursor(N(5)), [range(5, 10), range(10, 20)])).toBe(true)
  })

  test.each<[string, Chunk[]]>([
    ['a gap', [rest, range(5, 9), range(10, 20), range(20)]],
    ['an overlap', [rest, range(5, 11), range(10, 20), range(20)]],
    ['an item lost behind the cursor', [rest, range(6, 10), range(10, 20), range(20)]],
    ['an item done twice at the cursor', [rest, range(4, 10), range(10, 20), range(20)]],
    ['a closed end', [rest, range(5, 10), range(10, 20)]],
    ['two open ends', [rest, range(5, 10), range(10), range(20)]],
    ['an open start', [rest, { kind: 'range', pk, upTo: N(10) }, range(10, 20), range(20)]],
    ['a repeated range', [rest, range(5, 10), range(5, 10), range(10, 20), range(20)]],
    ['an empty range', [rest, range(5, 10), range(10, 10), range(10, 20), range(20)]],
    ['another key', [rest, range(5, 10), { ...range(10, 20), pk: { S: 'other' } }, range(20)]],
    ['no rest of the segment', [range(5, 10), range(10, 20), range(20)]],
    ['the rest twice', [rest, rest, range(5, 10), range(10, 20), range(20)]],
    ['the rest of another segment', [{ ...rest, segment: 41 }, range(5, 10), range(10, 20), range(20)]],
    [
      'a rest that starts inside the key',
      [{ ...rest, after: { pk, sk: N(20) } }, range(5, 10), range(10, 20), range(20)],
    ],
    ['a rest that starts over', [segment, range(5, 10), range(10, 20), range(20)]],
    ['nothing', []],
  ])('sees %s', (_, children) => {
    expect(tiles(segment, cursor(N(5)), children)).toBe(false)
  })
})

/** A key, a slice that stands in it, and how it will be surveyed and split. */
function splits() {
  return fc
    .record({
      values: keyValues(24),
      at: fc.nat(),
      end: fc.option(fc.nat(), { nil: undefined }),
      ways: fc.integer({ min: 2, max: 6 }),
      options: fc.record({
        points: fc.integer({ min: 1, max: 4 }),
        itemsPerRead: fc.integer({ min: 1, max: 3 }),
        descents: fc.constantFrom(0, 0, 0, 1),
      }),
    })
    .map(({ values, at, end, ways, options }) => {
      const key = keyOfValues(values)
      const upTo = end === undefined ? undefined : key.keyAt(end % key.size)
      const most = upTo ? key.countUpTo(upTo) : key.size
      const chunk: Chunk = upTo ? { kind: 'range', pk, upTo } : segment
      return { key, at: at % most, chunk, ways, options }
    })
}

function expectBehind(rest: SegmentChunk, last: KeyValue): void {
  expect(rest.after).toEqual({ pk, sk: maxKeyValue(keyTypeOf(last)) })
  expect(compareKeyValues(rest.after!.sk!, last)).toBeGreaterThanOrEqual(0)
}

function keysOf({ size, keyAt }: VirtualKey): KeyValue[] {
  return Array.from({ length: size }, (_, index) => keyAt(index))
}

function countIn(key: VirtualKey, { after, upTo }: RangeChunk): number {
  return (upTo ? key.countUpTo(upTo) : key.size) - (after ? key.countUpTo(after) : 0)
}
