import { expect, it } from 'vitest'
import { type Ask, type Attempt, retry } from '../../../shared/runtime/retry.ts'

/** Retries what `attempt` does, asked with its number; returns what became of it. */
async function retried(attempt: (tried: number) => Attempt<string>, random = 1, ask?: Ask) {
  const waits: number[] = []
  let tried = 0
  const runtime = {
    ...{ clock: () => 0, random: () => random, emit: () => {} },
    sleep: async (ms: number) => void waits.push(ms),
  }
  const done = await retry(
    'test',
    runtime,
    async () => attempt(++tried),
    (reason, cause) => new Error(reason, { cause }),
    ask,
  ).catch((error: Error) => error.message)
  return { done, tried, waits }
}
const failing = (): Attempt<string> => ({ again: 'throttled' })

it('retries with waits that may double up to five seconds, and gives up with the last reason after twelve attempts', async () => {
  const { done, tried, waits } = await retried(failing)
  expect({ done, tried }).toEqual({ done: 'throttled', tried: 12 })
  expect(waits).toEqual([100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000, 5_000, 5_000, 5_000])
  expect((await retried(failing, 0.5)).waits.slice(0, 3)).toEqual([50, 100, 200])
})

it('counts attempts, and doubles waits, from the last one that progressed', async () => {
  const { tried, waits } = await retried((n) => ({ again: 'more', progressed: n <= 5 }))
  expect(tried).toBe(5 + 11)
  expect(waits.slice(0, 7)).toEqual([100, 100, 100, 100, 100, 200, 400])
})

it('waits for nothing once it is done', async () => {
  expect(await retried((n) => (n === 2 ? { done: 'yes' } : failing()))).toEqual({ done: 'yes', tried: 2, waits: [100] })
})

it('asks before each attempt, the first too, and begins none once that throws', async () => {
  let asked = 0
  const { done, tried, waits } = await retried(failing, 1, async () => {
    if (++asked === 3) throw new Error('stop')
  })
  expect({ done, tried, asked, waits }).toEqual({ done: 'stop', tried: 2, asked: 3, waits: [100, 200] })
  const never = () => Promise.reject(new Error('stop'))
  expect(await retried(failing, 1, never)).toEqual({ done: 'stop', tried: 0, waits: [] })
})
