import { describe, expect, test } from 'vitest'
import { fitsInto, waysFor } from '../../../../shared/passes/slice/split.ts'

const splitAfterMs = 300_000

describe('how a key is split', () => {
  test('into ranges that each end within the time after which a key is hot', () => {
    expect(waysFor(1_000_000, 1, splitAfterMs)).toBe(4)
    expect(waysFor(1_000_000, 3, splitAfterMs)).toBe(10)
  })

  test('into 2 ranges at least and 16 at most: a key that needs more is split again', () => {
    expect(waysFor(400, 1, splitAfterMs)).toBe(2)
    expect(waysFor(50_000_000_000, 1, splitAfterMs)).toBe(16)
  })

  test('not at all while the rest of it fits into the slice', () => {
    expect(fitsInto(500_000, 499_999, 1)).toBe(true)
    expect(fitsInto(500_000, 500_000, 1)).toBe(false)
  })
})
