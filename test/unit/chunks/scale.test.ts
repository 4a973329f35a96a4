import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compareKeyValues, maxKeyValue } from '../../../shared/chunks/order.ts'
import { scaleOf } from '../../../shared/chunks/scale.ts'
import { gapBetween, pointsIn } from '../../../shared/chunks/unread-gap.ts'
import type { KeyValue } from '../../../shared/dynamodb/attributes.ts'
import { keyValues } from './arbitraries.ts'
import { keyOfValues } from './virtual-key.ts'

const ascending = (maxLength: number) =>
  keyValues(maxLength)
    .map((values) => keyOfValues(values))
    .filter(({ size }) => size >= 2)
    .map(({ size, keyAt }) => Array.from({ length: size }, (_, index) => keyAt(index)))

describe('the scale along sort keys', () => {
  test('never falls as keys rise, whether or not they are written in its alphabet', () => {
    fc.assert(
      fc.property(ascending(7), fc.nat(), (keys, pick) => {
        // The scale learns from the ends and one more key; the others may hold symbols it has never seen.
        const scale = scaleOf([
          keys[0]!,
          ...keys
            .slice(1, -1)
            .slice(pick % keys.length)
            .slice(0, 1),
          keys.at(-1)!,
        ])
        const positions = keys.map(scale.position)
        expect(positions).toEqual(positions.toSorted((a, b) => (a < b ? -1 : Number(a > b))))
      }),
      { numRuns: 10_000 },
    )
  })

  test('tells samples apart, and finds each again or a key between it and the sample before', () => {
    fc.assert(
      fc.property(ascending(5), (keys) => {
        const scale = scaleOf(keys)
        expect(new Set(keys.map(scale.position)).size).toBe(keys.length)
        for (const [index, key] of keys.entries()) {
          const found = scale.valueAt(scale.position(key))
          expect(compareKeyValues(found, key)).toBeLessThanOrEqual(0)
          if (index > 0) expect(compareKeyValues(found, keys[index - 1]!)).toBeGreaterThan(0)
        }
      }),
      { numRuns: 10_000 },
    )
  })

  test('even points in a gap ascend strictly inside it and are valid sort keys', () => {
    fc.assert(
      fc.property(ascending(5), fc.nat(4), fc.integer({ min: 1, max: 6 }), (keys, at, count) => {
        const cut = 1 + (at % (keys.length - 1))
        const gap = gapBetween(keys.slice(0, cut), keys.slice(cut))
        const points = pointsIn(gap, count)
        const bounds = [gap.after, ...points, gap.before]
        for (const [index, bound] of bounds.slice(1).entries())
          expect(compareKeyValues(bounds[index]!, bound)).toBeLessThan(0)
        for (const point of points) expectValid(point)
        expect(gap.mass).toBeGreaterThanOrEqual(1)
        expect(gap.mass).toBeLessThanOrEqual(1e12)
      }),
      { numRuns: 10_000 },
    )
  })

  test.each<[string, KeyValue[], KeyValue]>([
    [
      'timestamps',
      [{ S: '2021-03-01T00:00:00Z' }, { S: '2021-03-01T00:00:31Z' }, { S: '2021-03-21T00:00:00Z' }],
      { S: '2021-03-11T00:00:00Z' },
    ],
    ['zero-padded numbers', [{ S: 'n#00100' }, { S: 'n#00111' }, { S: 'n#00300' }], { S: 'n#00200' }],
    ['hexadecimal ids', [{ S: '00ff' }, { S: '3abc' }, { S: '5cde' }, { S: '80ff' }], { S: '40ff' }],
    ['true numbers', [{ N: '-3' }, { N: '5E+1' }], { N: '235E-1' }],
    [
      'counters in bytes',
      [{ B: Uint8Array.of(1, 0, 0) }, { B: Uint8Array.of(1, 9, 7) }, { B: Uint8Array.of(3, 0, 0) }],
      { B: Uint8Array.of(2, 0, 0) },
    ],
  ])('the middle of two %s is what a reader would say', (_, samples, middle) => {
    const scale = scaleOf(samples)
    const [low, high] = [scale.position(samples[0]!), scale.position(samples.at(-1)!)]
    expect(scale.valueAt((low + high) / 2n)).toEqual(middle)
  })

  test('numbers below the smallest that DynamoDB stores become zero, longer ones lose digits', () => {
    const { position, valueAt } = scaleOf([{ N: '-1E-130' }, { N: '1E-130' }])
    expect(valueAt(position({ N: '1E-130' }) / 2n)).toEqual({ N: '0' })
    expect(valueAt(position({ N: '1E-130' }))).toEqual({ N: '1E-130' })
    expect(valueAt(position({ N: '1' }) / 3n)).toEqual({ N: `${'3'.repeat(38)}E-38` })
    expect(valueAt(position({ N: '-1' }) / 3n)).toEqual({ N: `-${'3'.repeat(38)}E-38` })
    expect(valueAt(position(maxKeyValue('N')))).toEqual({ N: `${'9'.repeat(38)}E88` })
  })
})

function expectValid(value: KeyValue): void {
  if ('S' in value) {
    expect(value.S.isWellFormed()).toBe(true)
    expect(Buffer.byteLength(value.S)).toBeLessThanOrEqual(1024)
    expect(value.S).not.toBe('')
  } else if ('B' in value) {
    expect(value.B.length).toBeGreaterThan(0)
    expect(value.B.length).toBeLessThanOrEqual(1024)
  } else if (value.N !== '0') {
    const [, digits, exponent = '0'] = /^-?(\d{1,38})(?:E(-?\d+))?$/.exec(value.N)!
    const power = digits!.length - 1 + Number(exponent)
    expect(power).toBeGreaterThanOrEqual(-130)
    expect(power).toBeLessThanOrEqual(125)
  }
}
