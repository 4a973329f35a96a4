import { describe, expect, it } from 'vitest'
import { PageSize } from '../../../../shared/passes/slice/page-size.ts'

const sliceMs = 900_000
const copying = { writes: true, isStuck: false }

/** The size of the pages of a slice, round by round, where a page takes so long. */
function sizes(size: PageSize, msOf: (items: number) => number, rounds = 20): number[] {
  return Array.from({ length: rounds }, () => {
    const { limit } = size
    size.observe(msOf(limit))
    return limit
  })
}

describe('The pages of a slice of 15 minutes', () => {
  it.each([1, 10, 40, 200, 1_000, 4_000])('take at most 5 s if they are written, at %i ms an item', (msPerItem) => {
    const last = sizes(new PageSize(sliceMs, copying), (items) => items * msPerItem).slice(5)
    for (const items of last) expect(items * msPerItem).toBeLessThanOrEqual(5_000)
  })

  it('shrink to a single item on a table that is slow enough, and grow again', () => {
    const size = new PageSize(sliceMs, copying)
    expect(sizes(size, (items) => items * 20_000).at(-1)).toBe(1)
    expect(sizes(size, (items) => items * 2).at(-1)).toBe(1_000)
  })

  it('shrink at once, not only by half', () => {
    const size = new PageSize(sliceMs, copying)
    sizes(size, () => 10)
    expect(size.limit).toBe(1_000)
    size.observe(50_000)
    expect(size.limit).toBe(100)
  })

  it('keep their size if they only read: verify waits for a difference to go away', () => {
    const size = new PageSize(sliceMs, { writes: false, isStuck: false })
    expect(Math.min(...sizes(size, () => 20_000))).toBe(25)
  })

  it.each([true, false])('begin with one item after a slice without progress: writes %s', (writes) => {
    const [first, ...rest] = sizes(new PageSize(sliceMs, { writes, isStuck: true }), () => 100)
    expect(first).toBe(1)
    expect(rest.at(-1)).toBe(1_000)
  })
})

it('the pages of a slice of 5 s keep 25 items while they take at most 5 s', () => {
  const size = new PageSize(5_000, copying)
  expect(new Set(sizes(size, () => 400))).toEqual(new Set([25]))
})
