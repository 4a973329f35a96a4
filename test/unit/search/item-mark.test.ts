import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { itemMark } from '../../../shared/search/item-mark.ts'

describe('the mark of an item', () => {
  it('has the key, and a hash that a double and a long hold exactly, the same each time', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (key) => {
        const { key: marked, hash } = itemMark(key)
        expect(marked).toBe(key)
        expect(Number.isInteger(hash) && hash >= 0 && hash < 2 ** 52).toBe(true)
        expect(itemMark(key)).toEqual({ key, hash })
      }),
    )
  })

  it('spreads keys evenly, however alike they are: equal ranges have about as many documents', () => {
    const counts = new Array<number>(16).fill(0)
    for (let n = 0; n < 16_000; n++) counts[Math.floor(itemMark(`["S:case|1","S:${n}"]`).hash / 2 ** 48)]!++
    expect(Math.min(...counts)).toBeGreaterThan(850)
    expect(Math.max(...counts)).toBeLessThan(1_150)
  })
})
