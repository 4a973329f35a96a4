import { describe, expect, it } from 'vitest'
import { readControl } from '../../../shared/ledger/control.ts'
import { runKeyPut } from '../../../shared/ledger/run-keys.ts'
import type { RunRecord } from '../../../shared/ledger/runs.ts'
import { pauseRun } from '../../../shared/operator/command.ts'
import { runOnce } from '../../../shared/operator/keyed-run.ts'
import { aRun, aSegment, memoryWorld, store } from '../cli/fixtures.ts'
import { done, finished } from '../cli/set-up.ts'

const chunks = [aSegment(0, 1), aSegment(1, 1)]
const halted = { state: 'stopped', because: 'halted', phase: 'Halted', reason: 'no' } as const
const ended = { status: 'ended', ended: 'FAILED' } as const

/** A run that key `nightly` began, and its first execution. */
async function setUp(change: Partial<RunRecord> = {}, rows = chunks) {
  const memory = memoryWorld()
  const run = aRun({ key: 'nightly', execution: 'arn:run:nightly.1', ...change })
  await store(memory.ledger, run, rows, { held: change.state === undefined })
  if (run.key !== undefined) await memory.ledger.commit([runKeyPut('beta', run.key, run.id)])
  await memory.world.executions.start({}, 'nightly.1')
  memory.started.length = 0
  memory.views['arn:run:nightly.1'] = change.state === undefined ? { status: 'running' } : ended
  return memory
}

describe('a pipeline that runs with a key', () => {
  it('begins a run by an execution of that name', async () => {
    const { world, started } = memoryWorld()
    expect(await runOnce(world, 'nightly', { segments: 7 }, { why: 'release 9' })).toEqual({
      kind: 'started',
      execution: 'arn:run:nightly.1',
    })
    expect(started).toEqual([{ key: 'nightly', segments: 7, by: 'alice', why: 'release 9' }])
  })

  it('begins one execution from a hundred jobs at the same instant, and all know it', async () => {
    const { world, started, views } = memoryWorld()
    views['arn:run:nightly.1'] = { status: 'running' }
    const jobs = Array.from({ length: 100 }, (_, i) =>
      runOnce({ ...world, identity: async () => `job ${i}` }, 'nightly', {}),
    )
    for (const { execution } of (await Promise.all(jobs)) as { execution: string }[])
      expect(execution).toBe('arn:run:nightly.1')
    expect(started).toHaveLength(1)
  })

  it('begins the next execution where the one before was refused, and began no run', async () => {
    const { world, started, views } = memoryWorld()
    await runOnce(world, 'nightly', {})
    views['arn:run:nightly.1'] = ended
    expect(await runOnce(world, 'nightly', {})).toEqual({ kind: 'started', execution: 'arn:run:nightly.2' })
    expect(started).toHaveLength(2)
  })

  it.each(['running', 'unknown'] as const)('attaches to its run while its execution is %s', async (status) => {
    const { world, started, views } = await setUp()
    views['arn:run:nightly.1'] = { status }
    expect(await runOnce(world, 'nightly', {})).toEqual({ kind: 'attached', execution: 'arn:run:nightly.1' })
    expect(started).toEqual([])
  })

  it('resumes its run once that has stopped, by the next execution', async () => {
    const { world, started, ledger } = await setUp(halted)
    expect(await runOnce(world, 'nightly', { segments: 7 })).toEqual({
      kind: 'started',
      execution: 'arn:run:nightly.2',
    })
    expect(started).toEqual([{ resume: true, key: 'nightly' }])
    expect(await readControl(ledger, 'run00001')).toMatchObject({ verb: 'resume', version: 1 })
  })

  it('resumes its run whose execution was stopped, also while the watchdog is down', async () => {
    const { world, started, views } = await setUp()
    views['arn:run:nightly.1'] = { status: 'ended', ended: 'ABORTED' }
    expect(await runOnce(world, 'nightly', {})).toMatchObject({ execution: 'arn:run:nightly.2' })
    expect(started).toEqual([{ resume: true, key: 'nightly' }])
  })

  it('resumes it once from a hundred jobs at the same instant', async () => {
    const { world, started, views, ledger } = await setUp(halted)
    views['arn:run:nightly.2'] = { status: 'running' }
    const jobs = Array.from({ length: 100 }, (_, i) =>
      runOnce({ ...world, identity: async () => `job ${i}` }, 'nightly', {}),
    )
    for (const { execution } of (await Promise.all(jobs)) as { execution: string }[])
      expect(execution).toBe('arn:run:nightly.2')
    expect(started).toHaveLength(1)
    expect(await readControl(ledger, 'run00001')).toMatchObject({ verb: 'resume', version: 1 })
  })

  it('names its run once that has finished, and starts nothing', async () => {
    const { world, started } = await setUp(finished, done)
    expect(await runOnce(world, 'nightly', {})).toEqual({ kind: 'finished', run: 'run00001' })
    expect(started).toEqual([])
  })

  it('is refused with a new key while a run of another one, or of none, is unfinished', async () => {
    for (const key of ['nightly', undefined]) {
      const { world, started } = await setUp(key ? halted : ({ ...halted, key: undefined } as never))
      expect(await runOnce(world, 'weekly', {})).toMatchObject({
        kind: 'refused',
        error: 'run-unfinished',
        cause: expect.stringMatching(
          key ? /^Run run00001 of key nightly into beta .*--key nightly/ : /^Run run00001 .*segue resume/,
        ),
      })
      expect(started).toEqual([])
    }
    const running = await setUp()
    expect(await runOnce(running.world, 'weekly', {})).toMatchObject({ kind: 'refused', error: 'run-in-progress' })
  })

  it('begins with a new key once the run before has finished, or was aborted and given up', async () => {
    for (const change of [finished, { ...halted, state: 'aborted', because: undefined } as never]) {
      const { world, started } = await setUp(change, done)
      expect(await runOnce(world, 'weekly', {})).toMatchObject({ kind: 'started' })
      expect(started).toMatchObject([{ key: 'weekly' }])
    }
  })

  it.each([
    ['once five minutes are over', 5 * 60_000, {}],
    ['on top of their command', 0, { over: 1 }],
  ])('is told of a person who has just paused its run, and resumes it %s', async (_, afterMs, wish) => {
    const { world, started, state } = await setUp(halted)
    await pauseRun({ ...world, identity: async () => 'bob' }, { why: 'the backup' })
    const pausedAt = state.now
    const refused = { kind: 'refused', error: 'somebody-acted', cause: expect.stringContaining('the backup') }
    for (const now of [pausedAt, pausedAt + 5 * 60_000 - 1]) {
      state.now = now
      expect(await runOnce(world, 'nightly', {})).toMatchObject(refused)
    }
    expect(started).toEqual([])
    state.now = pausedAt + afterMs
    expect(await runOnce(world, 'nightly', {}, wish)).toEqual({ kind: 'started', execution: 'arn:run:nightly.2' })
    expect(started).toEqual([{ resume: true, key: 'nightly' }])
  })

  it.each(['', 'a b', 'a/b', '-a', 'a'.repeat(65), 'ä'])(
    'needs a key that can name an execution, and not `%s`',
    async (key) => {
      const { world } = memoryWorld()
      await expect(runOnce(world, key, {})).rejects.toMatchObject({
        code: 'invalid-options',
        message: expect.stringContaining('1 to 64 letters, digits'),
      })
    },
  )
})
