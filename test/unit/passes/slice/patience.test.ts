import { expect, it } from 'vitest'
import { noTallies } from '../../../../shared/ledger/tallies.ts'
import { fill, world } from './world.ts'

it('a slice begins no page that cannot wait until a difference counts, so that it never ends without a checkpoint', async () => {
  const sliceMs = 6_000
  const patienceMs = sliceMs / 5
  const w = world({ sliceMs })
  fill(w, 0, 5_000)
  await w.plan()
  const end = w.runtime.clock() + sliceMs
  let pages = 0
  const pass = w.engine().openPass({} as never, 'copy', async () => {})
  const outcome = await w.slice('s00000', {
    openPass: () => ({
      ...pass,
      patienceMs,
      async apply(items) {
        pages++
        w.pass(100)
        expect(end - w.runtime.clock()).toBeGreaterThan(patienceMs)
        return { ...noTallies, read: items.length }
      },
    }),
  })
  expect(pages).toBeGreaterThan(5)
  expect(outcome).toEqual({ outcome: 'more' })
})
