import { expect, it } from 'vitest'
import { DynamoDbError, type DynamoDbErrorCode } from '../../../../shared/dynamodb/errors.ts'
import { coverageOf, quietAfter } from '../../../../shared/facts/coverage.ts'
import { noTallies } from '../../../../shared/ledger/tallies.ts'
import { fill, world } from './world.ts'

const soon = () => new Promise((resolve) => setImmediate(resolve))

/** A slice whose second page fails while its third is still being written. */
async function failing(code: DynamoDbErrorCode) {
  const w = world()
  fill(w, 0, 1_000)
  await w.plan()
  const { promise: written, resolve: write } = Promise.withResolvers<void>()
  let pages = 0
  const pass = w.engine().openPass({} as never, 'copy', async () => {})
  const slice = w.slice('s00000', {
    openPass: () => ({
      ...pass,
      async apply(items) {
        const page = ++pages
        if (page === 2) {
          // Fails while the next page is already under way.
          while (pages < 3) await soon()
          throw new DynamoDbError(code, 'as told')
        }
        if (page === 3) await written
        return { ...noTallies, read: items.length }
      },
    }),
  })
  const ended = slice.then(
    () => 'ended',
    () => 'failed',
  )
  for (let i = 0; i < 50; i++) await soon()
  expect(pages).toBeGreaterThanOrEqual(3)
  return { ...w, write, ended }
}

it.each(['throttled', 'access-denied'] as const)(
  'a slice keeps its deadline, however it fails, until no write of it is under way: %s',
  async (code) => {
    const w = await failing(code)
    const [before] = await w.chunks()
    // Whoever waits for quiet waits for this write.
    expect(quietAfter(coverageOf([before!], 1))).toBeGreaterThan(w.runtime.clock())
    expect(await Promise.race([w.ended, soon()])).toBeUndefined()
    w.write()
    expect(await w.ended).toBe(code === 'throttled' ? 'ended' : 'failed')
    const [after] = await w.chunks()
    expect(quietAfter(coverageOf([after!], 1))).toBeUndefined()
  },
)
