import { describe, expect, it } from 'vitest'
import { getRun } from '../../../shared/ledger/runs.ts'
import type { Migration } from '../../../shared/migrations/index.ts'
import { finishRun } from '../../../shared/phases/finish.ts'
import { takeLease } from '../../../shared/phases/lease.ts'
import { aRun, aSegment, aWalk, memoryWorld, store } from '../cli/fixtures.ts'
import { leaseEngine } from './lease-engine.ts'

const migrations = [{ id: 'first' }, { id: 'second' }] as Migration[]
const night = 'arn:aws:cloudformation:us-east-1:000000000000:stack/Night/1'

/** Stack Night has applied `first` while it copied alpha into beta, and was destroyed. Its ledger is left. */
async function left() {
  const { ledger, world } = memoryWorld()
  const run = aRun({ tableIds: { source: 'id-alpha', destination: 'id-beta' }, pending: ['first'] })
  const verifying = { ...run, phase: 'Orphans' as const, verification: { number: 1, ended: false } }
  const chunks = [aSegment(0, 0, { state: 'done' }), aSegment(1, 0, { state: 'done' })]
  await store(ledger, verifying, [...chunks, ...aWalk('verify.1', {}), ...aWalk('orphans.1', {})], { stack: night })
  expect(await finishRun({ run: run.id, fence: 1 }, { ledger, runtime: world.runtime })).toMatchObject({
    outcome: 'finished',
  })
  /** What a run from beta into gamma applies, of a stack that was given this ledger. */
  const pending = async (source: string) => {
    const engine = leaseEngine('arn:run:day', run, { ledger, runtime: world.runtime })
    const request = { resume: false, split: true, offline: true }
    const held = await takeLease('arn:run:day', request, {
      ...engine,
      ...{ source: 'beta', destination: 'gamma', tableIds: { source, destination: 'id-gamma' }, migrations },
      ...{ stack: 'another', stacks: { use: async () => 'gone' as const }, isEmpty: async () => true },
    })
    if (held.outcome !== 'held') throw new Error(`Expected the lease, got ${held.outcome}`)
    return (await getRun(ledger, held.run)).pending
  }
  return { pending }
}

describe('a stack that was given the ledger of one that is destroyed', () => {
  it('applies to a table what its data has not been through', async () => {
    const { pending } = await left()
    expect(await pending('id-beta')).toEqual(['second'])
  })

  it('applies everything to a table that was deleted and made anew under its name', async () => {
    const { pending } = await left()
    expect(await pending('id-of-a-new-beta')).toEqual(['first', 'second'])
  })
})
