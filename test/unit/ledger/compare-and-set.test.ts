import { describe, expect, it } from 'vitest'
import { compareAndSet } from '../../../shared/ledger/compare-and-set.ts'

describe('Compare and set', () => {
  it('starts over until nobody else was first', async () => {
    let rounds = 0
    expect(await compareAndSet('The row', async () => (++rounds < 4 ? undefined : { done: rounds }))).toBe(4)
  })

  it('gives up after ten rounds, with an error that may be retried and says so', async () => {
    let rounds = 0
    const lost = compareAndSet('The row', async () => {
      rounds++
      return undefined
    })
    await expect(lost).rejects.toMatchObject({ code: 'lost-race', retryable: true })
    await expect(lost).rejects.toThrow('The row kept changing, 10 times in a row. Try again.')
    expect(rounds).toBe(10)
  })
})
