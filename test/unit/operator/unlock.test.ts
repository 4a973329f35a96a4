import { describe, expect, it } from 'vitest'
import { readControl } from '../../../shared/ledger/control.ts'
import { readLease } from '../../../shared/ledger/lease.ts'
import { getRun, updateRun } from '../../../shared/ledger/runs.ts'
import { abortRun, pauseRun } from '../../../shared/operator/command.ts'
import type { OperatorEngine } from '../../../shared/operator/engine.ts'
import type { Wish } from '../../../shared/operator/people.ts'
import { resumeRun } from '../../../shared/operator/start.ts'
import { planUnlock, unlock as unlockAs } from '../../../shared/operator/unlock.ts'
import { aRun, aSegment, memoryWorld, store } from '../cli/fixtures.ts'

const id = 'run00001'
const keep = { stopOwner: false }
const stop = { stopOwner: true }
const ended = { status: 'ended', ended: 'ABORTED' } as const

/** Does what is planned at that moment. */
const unlock = async (engine: OperatorEngine, options: { stopOwner: boolean }, wish: Wish = {}) =>
  unlockAs(engine, await planUnlock(engine, options), wish)

/** A run that an execution drives according to the ledger. */
async function setUp(lease: object = {}) {
  const memory = memoryWorld()
  await store(memory.ledger, aRun(), [aSegment(0, 1), aSegment(1, 1)], lease)
  const found = async () => {
    const [run, control, now] = await Promise.all([
      getRun(memory.ledger, id),
      readControl(memory.ledger, id),
      readLease(memory.ledger, 'beta'),
    ])
    return { state: run.state, because: run.because, held: now?.held, fence: [control.fence, now?.fence] }
  }
  return { ...memory, found }
}

const untouched = { state: 'running', because: undefined, held: true, fence: [1, 1] }
const interrupted = { state: 'stopped', because: 'interrupted', held: false, fence: [2, 2] }

describe('unlock', () => {
  it.each([
    [
      'running',
      /^Run run00001 holds beta since 2026-11-21T01:00:00Z, fence 1; its owner is execution arn:run:one, which runs\. .*segue unlock --stop-owner/,
    ],
    ['unknown', /arn:run:one, and Step Functions does not say whether it runs\. Try again/],
  ] as const)('refuses, naming the owner, while that is %s', async (status, message) => {
    const { world, views, found, state } = await setUp()
    views['arn:run:one'] = { status }
    await expect(unlock(world, keep)).rejects.toMatchObject({
      code: 'owner-alive',
      message: expect.stringMatching(message),
    })
    expect(state.stopped).toEqual([])
    expect(await found()).toEqual(untouched)
    expect(await readControl(world.ledger, id)).not.toHaveProperty('version')
  })

  it('refuses where Step Functions may not be asked', async () => {
    const { world, found } = await setUp()
    world.executions.describe = () => Promise.reject(new Error('AccessDenied'))
    await expect(unlock(world, keep)).rejects.toMatchObject({ code: 'owner-alive' })
    expect(await found()).toEqual(untouched)
  })

  it('frees the lock of an execution that has ended, and raises the fence', async () => {
    const { world, views, found } = await setUp()
    views['arn:run:one'] = ended
    expect(await planUnlock(world, keep)).toMatchObject({ does: 'free', lease: { run: id } })
    expect(await found()).toEqual(untouched)
    expect(await unlock(world, keep, { why: 'it hung' })).toMatchObject({ freed: { execution: 'arn:run:one' } })
    expect(await found()).toEqual(interrupted)
    expect(await readControl(world.ledger, id)).toMatchObject({
      ...{ command: 'run', version: 1, verb: 'unlock', by: 'alice', why: 'it hung' },
    })
  })

  it('stops the owner first where it is told to, and only then', async () => {
    const { world, found, state } = await setUp()
    expect(await planUnlock(world, stop)).toMatchObject({ does: 'stop' })
    expect(state.stopped).toEqual([])
    await unlock(world, stop)
    expect(state.stopped).toEqual(['arn:run:one'])
    expect(await found()).toEqual(interrupted)
  })

  it('waits until an owner that was stopped has ended, and says so where it does not end', async () => {
    const slow = await setUp()
    slow.world.executions.stop = async () => {
      slow.meanwhile.push(() => {
        slow.views['arn:run:one'] = ended
      })
    }
    await unlock(slow.world, stop)
    expect(await slow.found()).toEqual(interrupted)
    const stuck = await setUp()
    stuck.world.executions.stop = async () => {}
    await expect(unlock(stuck.world, stop)).rejects.toMatchObject({
      message: expect.stringContaining('has not ended yet. Repeat the command.'),
    })
    expect(await stuck.found()).toEqual(untouched)
  })

  it('waits until the service must know the execution of a young lease', async () => {
    const { world, views, found, state } = await setUp()
    views['arn:run:one'] = ended
    state.now -= 50_000
    await unlock(world, keep)
    expect(await found()).toEqual(interrupted)
  })

  it('frees nothing of another execution that takes the lease meanwhile', async () => {
    const { world, views, found, ledger, meanwhile } = await setUp()
    views['arn:run:one'] = ended
    const takes = async () => {
      const row = (await ledger.get('LEASE#beta', 'LEASE'))!
      await ledger.commit([{ row: { ...row, execution: 'arn:run:two', fence: 2 }, expect: 'any' }])
    }
    // Between the plan and the sweep, which asks for the status twice.
    meanwhile.push(() => {}, takes)
    await expect(unlock(world, keep)).rejects.toMatchObject({ message: expect.stringContaining('arn:run:two') })
    expect(await found()).toMatchObject({ state: 'running', held: true })
  })

  it.each([
    ['another execution', { execution: 'arn:run:two', fence: 2 }],
    ['a higher fence', { fence: 2 }],
  ])('stops nothing where the plan that was shown is of another owner than there is now: %s', async (_, change) => {
    const { world, ledger, state } = await setUp()
    const shown = await planUnlock(world, stop)
    const row = (await ledger.get('LEASE#beta', 'LEASE'))!
    await ledger.commit([{ row: { ...row, ...change }, expect: 'any' }])
    const refused = { code: 'owner-alive', message: expect.stringContaining('in the meantime. Nothing was changed') }
    await expect(unlockAs(world, shown)).rejects.toMatchObject(refused)
    expect(state.stopped).toEqual([])
    expect(await readControl(ledger, id)).not.toHaveProperty('version')
  })

  it.each(['free', 'nothing'] as const)('stops nothing where the plan was to do no more than: %s', async (does) => {
    const { world, ledger, views, state } = await setUp(does === 'nothing' ? { held: false } : {})
    views['arn:run:one'] = ended
    const shown = await planUnlock(world, stop)
    expect(shown.does).toBe(does)
    // Redriven in the console, or begun in the meantime.
    views['arn:run:one'] = { status: 'running' }
    const row = (await ledger.get('LEASE#beta', 'LEASE'))!
    await ledger.commit([{ row: { ...row, held: true }, expect: 'any' }])
    await expect(unlockAs(world, shown)).rejects.toMatchObject({ code: 'owner-alive' })
    expect(state.stopped).toEqual([])
    expect(await readControl(ledger, id)).not.toHaveProperty('version')
  })

  it('is done once the lock is free, although the mapping of live changes may not be asked', async () => {
    const { world, views, found } = await setUp()
    await abortRun(world)
    views['arn:run:one'] = ended
    world.mapping!.state = () => Promise.reject(new Error('AccessDenied'))
    expect(await unlock(world, keep)).toMatchObject({ freed: { execution: 'arn:run:one' } })
    expect(await found()).toEqual(interrupted)
    expect(await unlock(world, keep)).toEqual({ freed: undefined })
  })

  it('says why nothing was freed, where the ledger may not be written', async () => {
    const { world, views, ledger } = await setUp()
    views['arn:run:one'] = ended
    world.ledger = {
      get: (pk, sk) => ledger.get(pk, sk),
      query: (pk, prefix, page) => ledger.query(pk, prefix, page),
      commit: (puts) =>
        puts.some(({ row }) => row.sk === 'LEASE') ? Promise.reject(new Error('no access')) : ledger.commit(puts),
    }
    await expect(unlock(world, keep)).rejects.toThrow('no access')
  })

  it('is done where nobody holds the lock, and ends a run that runs without an owner', async () => {
    const { world, found } = await setUp({ held: false, fence: 2 })
    expect(await unlock(world, keep)).toEqual({ freed: undefined })
    expect(await found()).toMatchObject({ state: 'stopped', held: false })
    expect(await unlock(memoryWorld().world, keep)).toEqual({ freed: undefined })
  })

  it('is refused if somebody else has just acted, before anything is stopped', async () => {
    const { world, state, found } = await setUp()
    await pauseRun({ ...world, identity: async () => 'bob' })
    await expect(unlock(world, stop)).rejects.toMatchObject({ code: 'somebody-acted' })
    expect(state.stopped).toEqual([])
    await unlock(world, stop, { over: 1 })
    expect(await found()).toEqual(interrupted)
    expect(await readControl(world.ledger, id)).toMatchObject({ command: 'pause', version: 2, by: 'alice' })
  })
})

describe('while the watchdog is down', () => {
  it('a resume ends the owner that has ended without recording it', async () => {
    const { world, views, found, started } = await setUp()
    views['arn:run:one'] = ended
    expect(await resumeRun(world, {})).toMatchObject({ kind: 'started' })
    expect(await found()).toEqual(interrupted)
    expect(started).toHaveLength(1)
  })

  it('a resume of an aborted run announces the abort, once that is due', async () => {
    const { world, state, views, told, ledger } = await setUp()

    views['arn:run:one'] = ended
    await abortRun(world, { why: 'wrong table' })
    // Its own pass turned live changes off.
    expect(told).toEqual([false])
    expect(await readControl(ledger, id)).toMatchObject({ command: 'abort', abortSeen: expect.any(Number) })
    expect(await resumeRun(world, {})).toMatchObject({ error: 'told-to-stop' })
    state.mapping = 'Disabled'
    state.now += 20 * 60_000
    expect(await resumeRun(world, {})).toMatchObject({ kind: 'started' })
    expect((await getRun(ledger, id)).state).toBe('aborted')
  })

  it('a resume and an abort do without a pass that is not permitted', async () => {
    const { world, ledger, views } = await setUp()

    views['arn:run:one'] = ended
    await updateRun(ledger, id, (run) => ({ ...run, state: 'stopped', because: 'halted' }))
    world.mapping = {
      state: () => Promise.reject(new Error('AccessDenied')),
      set: () => Promise.reject(new Error('AccessDenied')),
    }
    expect(await abortRun(world)).toMatchObject({ kind: 'told', command: 'abort' })
    expect(await resumeRun(world, {})).toMatchObject({ error: 'told-to-stop' })
  })
})
