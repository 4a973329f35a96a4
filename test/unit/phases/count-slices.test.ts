import { describe, expect, it } from 'vitest'
import { type ChunkRecord, createChunks } from '../../../shared/ledger/chunks.ts'
import { changeControl, readControl } from '../../../shared/ledger/control.ts'
import { updateRun } from '../../../shared/ledger/runs.ts'
import { countSlices } from '../../../shared/phases/count-slices.ts'
import { chunk, drivenRun } from './driven-run.ts'

const minute = 60_000
const now = 100 * minute
const at = now - 60 * minute

/** A run in Copy for an hour, with a budget, whose chunks are these. */
async function counting(chunks: Partial<ChunkRecord>[], { concurrency = 40, phase = 'Copy', enteredAt = at } = {}) {
  const { ledger } = await drivenRun({ run: { phase, phases: [{ phase, at: enteredAt }] }, chunk: { state: 'done' } })
  await createChunks(
    ledger,
    chunks.map((change, i) => ({ ...chunk, id: `s0000${i + 1}`, updatedAt: at, ...change })),
  )
  const limit = () => changeControl(ledger, 'r', (control) => ({ ...control, budget: { writeUnits: 100, at } }))
  const count = () => countSlices({ ledger, runtime: { clock: () => now }, destination: 'd', concurrency })
  return { ledger, limit, count }
}

const working = { slices: 1, deadline: now + minute }

describe('The slices that share a budget', () => {
  it('are not counted without one', async () => {
    const { ledger, limit, count } = await counting([working])
    expect(await count()).toBeUndefined()
    await limit()
    expect(await count()).toBe(1)
    expect((await readControl(ledger, 'r')).counted).toEqual({ pass: 'copy', fence: 4, slices: 1, at: now })
  })

  it.each<[string, number, Partial<ChunkRecord>[]]>([
    ['those at work', 2, [working, working]],
    ['one between two slices', 2, [working, { slices: 3, updatedAt: now - 4 * minute }]],
    ['not one that nobody has touched for five minutes', 1, [working, { slices: 3, updatedAt: now - 6 * minute }]],
    [
      'not one that died, once its time is over',
      1,
      [working, { slices: 1, deadline: now, updatedAt: now - 6 * minute }],
    ],
    ['those that wait in the Map', 2, [working, {}]],
    ['children that wait for a slot', 3, [working, { joined: { at, part: 0.5 } }, { joined: { at, part: 0.5 } }]],
    ['not what has ended', 1, [working, { ...working, state: 'done' }, { ...working, state: 'failed' }]],
  ])('are %s: %i', async (_, slices, chunks) => {
    const { limit, count } = await counting(chunks)
    await limit()
    expect(await count()).toBe(slices)
  })

  it('are no more than slots, of which the Map takes as many as the run wants', async () => {
    const many = Array.from({ length: 8 }, () => ({}))
    const full = await counting([...many, working], { concurrency: 4 })
    await full.limit()
    expect(await full.count()).toBe(4)
    await updateRun(full.ledger, 'r', (run) => ({ ...run, concurrency: 2 }))
    expect(await full.count()).toBe(2)
  })

  it.each([
    ['in a phase without a pass', { phase: 'Settle' }],
    ['in the first half minute of a phase: its Map begins then', { enteredAt: now - 20_000 }],
  ])('are not counted %s', async (_, change) => {
    const { limit, count } = await counting([working], change)
    await limit()
    expect(await count()).toBeUndefined()
  })
})
