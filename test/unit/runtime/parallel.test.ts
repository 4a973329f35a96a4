import { expect, it } from 'vitest'
import { inParallel } from '../../../shared/runtime/parallel.ts'

const soon = () => new Promise((resolve) => setImmediate(resolve))

it('maps as many items at a time as it may, and gives the results in their order', async () => {
  let underWay = 0
  let most = 0
  const results = await inParallel(3, [5, 1, 4, 2, 3, 0], async (n) => {
    most = Math.max(most, ++underWay)
    for (let i = 0; i < n; i++) await soon()
    underWay--
    return n * 10
  })
  expect(results).toEqual([50, 10, 40, 20, 30, 0])
  expect(most).toBe(3)
  expect(await inParallel(3, [], async () => 1)).toEqual([])
})

it('throws the first failure only once nothing is under way any more, and begins nothing after it', async () => {
  const begun: number[] = []
  let underWay = 0
  const mapping = inParallel(3, [0, 1, 2, 3, 4, 5], async (n) => {
    begun.push(n)
    underWay++
    try {
      if (n === 1) throw new Error('the first')
      for (let i = 0; i < 10; i++) await soon()
      if (n === 2) throw new Error('the second')
    } finally {
      underWay--
    }
  })
  await expect(mapping).rejects.toThrow('the first')
  expect(underWay).toBe(0)
  expect(begun).toEqual([0, 1, 2])
})
