import fc from 'fast-check'
import { expect, it } from 'vitest'
import { spread } from '../../../shared/chunks/spread.ts'

const upTo = (n: number) => Array.from({ length: n }, (_, i) => i)

it('A spread list has the same elements', () => {
  fc.assert(
    fc.property(fc.nat(500), (n) => {
      expect(spread(upTo(n)).sort((a, b) => a - b)).toEqual(upTo(n))
    }),
  )
})

it('is bit-reversed where it has a power of two of them', () => {
  expect(spread(upTo(8))).toEqual([0, 4, 2, 6, 1, 5, 3, 7])
})

it('lies evenly over the whole, however much is taken of it: no gap is larger than four times the mean', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000 }), fc.double({ min: 0, max: 1, noNaN: true }), (n, share) => {
      const taken = Math.max(1, Math.floor(n * share))
      const places = spread(upTo(n))
        .slice(0, taken)
        .sort((a, b) => a - b)
      const gaps = [...places, n].map((place, i) => place - (i === 0 ? 0 : places[i - 1]!))
      expect(Math.max(...gaps)).toBeLessThanOrEqual((4 * n) / taken)
    }),
  )
})
