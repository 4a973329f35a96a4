import { describe, expect, it } from 'vitest'
import type { RunRequest } from '../../../../shared/config/options.ts'
import { resumeCommand } from '../../../../shared/facts/resumable.ts'
import { getRun, type RunRecord } from '../../../../shared/ledger/runs.ts'
import { type LeaseEngine, takeLease } from '../../../../shared/phases/lease.ts'
import { aRun, aSegment, memoryWorld, start, store } from '../../cli/fixtures.ts'
import { leaseEngine } from '../lease-engine.ts'

const copied = [aSegment(0, 5, { state: 'done' }), aSegment(1, 5, { state: 'done' })]
const finished = { state: 'finished', phase: 'Finished', endedAt: start } as const

/** A run, and an execution that takes its lease. */
async function setUp(change: Partial<RunRecord>) {
  const { ledger, world } = memoryWorld()
  const run = aRun(change)
  await store(ledger, run, copied, { held: false })
  return {
    run: () => getRun(ledger, run.id),
    take: (request: Partial<RunRequest>, engine: Partial<LeaseEngine> = {}) =>
      takeLease(
        'arn:run:two',
        { resume: false, split: true, offline: false, ...request },
        { ...leaseEngine('arn:run:two', run, { ledger, runtime: world.runtime }), searchHash: 'h', ...engine },
      ),
  }
}

describe('an execution that builds indices alone', () => {
  it('is a task of a finished run, which stays finished', async () => {
    const { take, run } = await setUp(finished)
    expect(await take({ only: 'index' })).toMatchObject({ outcome: 'held', only: 'index', index: true })
    expect(await run()).toMatchObject({ state: 'finished', task: { kind: 'index', state: 'running' } })
    expect(resumeCommand({ ...(await run()), task: { kind: 'index', state: 'stopped' } })).toBe('segue index')
  })

  it('needs no migrations, so others may be deployed', async () => {
    const { take } = await setUp(finished)
    expect(await take({ only: 'index' }, { codeHash: 'another' })).toMatchObject({ outcome: 'held' })
    await expect((await setUp(finished)).take({ only: 'verify' }, { codeHash: 'another' })).rejects.toMatchObject({
      code: 'code-changed',
    })
  })

  it('is refused where the table it indexes was made anew', async () => {
    const { take } = await setUp({ ...finished, tableIds: { destination: 'one' } })
    await expect(take({ only: 'index' }, { tableIds: { destination: 'two' } })).rejects.toMatchObject({
      code: 'table-replaced',
    })
  })

  it('is refused where the deployment has no definitions', async () => {
    const { take } = await setUp(finished)
    await expect(take({ only: 'index' }, { searchHash: undefined })).rejects.toMatchObject({ code: 'no-definitions' })
  })
})

it.each([
  ['a whole run, where there are definitions', {}, 'h', true],
  ['a whole run without definitions', {}, undefined, false],
  ['a verification', { only: 'verify' }, 'h', false],
] as const)('whether indices are built: %s', async (_, request, searchHash, index) => {
  const stopped = 'only' in request ? finished : { state: 'stopped' as const, because: 'paused' as const }
  const { take } = await setUp(stopped)
  expect(await take({ ...request, ...(!('only' in request) && { resume: true }) }, { searchHash })).toMatchObject({
    index,
  })
})

it('a run that began to build indices ends without them once the deployment has no definitions any more', async () => {
  const index = { build: 1, hash: 'h' }
  const stopped = { state: 'stopped', because: 'halted', index } as const
  const kept = await setUp(stopped)
  await kept.take({ resume: true })
  expect((await kept.run()).index).toEqual(index)
  const { take, run } = await setUp(stopped)
  await take({ resume: true }, { searchHash: undefined })
  expect((await run()).index).toBeUndefined()
})
