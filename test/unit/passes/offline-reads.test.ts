import { expect, it } from 'vitest'
import { createChunks, newChunk } from '../../../shared/ledger/chunks.ts'
import { openPass } from '../../../shared/passes/open-pass.ts'
import { fill, runId, world } from './slice/world.ts'

/** Copies a segment and a range; returns what each read of the source asked for. */
async function readsOf(offline: boolean) {
  const w = world({ offline, split: false })
  fill(w, 200, 200)
  await w.plan()
  const range = { kind: 'range', pk: { S: 'hot' } } as const
  await createChunks(w.ledger, [newChunk(runId, 'copy', 's00000.1', range, 0)])
  const reads: { how: 'scan' | 'query'; consistent: boolean }[] = []
  const { scan, query } = w.source
  w.source.scan = (request) => {
    reads.push({ how: 'scan', consistent: request.consistent })
    return scan.call(w.source, request)
  }
  w.source.query = (request) => {
    reads.push({ how: 'query', consistent: request.consistent })
    return query.call(w.source, request)
  }
  const open = (name: string) => (name === 'source' ? w.source : w.destination)
  const passes = { ledger: w.ledger, runtime: w.runtime, open, migrations: [], sliceMs: 10_000 }
  for (const chunk of ['s00000', 's00000.1'])
    await w.slice(chunk, { openPass: (run, pass, ask) => openPass(run, pass, ask, passes) })
  expect(w.destination.items()).toEqual(w.source.items())
  for (const how of ['scan', 'query']) expect(reads.filter((each) => each.how === how).length).toBeGreaterThan(1)
  return new Set(reads.map(({ consistent }) => consistent))
}

it('an offline copy reads every page strongly consistent: no stream carries what a stale read misses', async () => {
  expect(await readsOf(true)).toEqual(new Set([true]))
})

it('a copy with live changes reads at half the price', async () => {
  expect(await readsOf(false)).toEqual(new Set([false]))
})
