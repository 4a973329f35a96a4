import { describe, expect, it } from 'vitest'
import { changeControl, readControl, writeControl } from '../../../shared/ledger/control.ts'
import { readLease, writeLease } from '../../../shared/ledger/lease.ts'
import { beginOwner, endFromOutside, endOwner } from '../../../shared/ledger/owner.ts'
import { type RunRecord, readRun, runPut } from '../../../shared/ledger/runs.ts'
import type { LedgerTable } from '../../../shared/ledger/table.ts'
import { beginQuiet } from '../../../shared/live/quiet.ts'
import { abortRun, pauseRun } from '../../../shared/operator/command.ts'
import { repairRun, resumeRun, type Started, verifyRun } from '../../../shared/operator/start.ts'
import { fenceEarlierRuns } from '../../../shared/phases/fence-earlier-runs.ts'
import { planPass } from '../../../shared/phases/plan-pass.ts'
import { aRun, aSegment, memoryWorld, store } from '../cli/fixtures.ts'
import { done, finished } from '../cli/set-up.ts'

const minute = 60_000
const stopped = { state: 'stopped', because: 'halted', phase: 'Halted', reason: 'no' } as const
const chunks = [aSegment(0, 1), aSegment(1, 1)]
const id = 'run00001'

/** A run that has stopped, and the people around it. */
async function setUp(run: object = stopped, rows = chunks) {
  const memory = memoryWorld()
  await store(memory.ledger, aRun(run), rows, { held: false, fence: 2 })
  await changeControl(memory.ledger, id, (control) => ({ ...control, fence: 2 }))
  /** What somebody's commands work with, on a ledger of their own where it is given. */
  const as = (identity: string | undefined, ledger: LedgerTable = memory.ledger) => ({
    ...memory.world,
    ledger,
    identity: async () => identity,
  })
  const wait = (ms: number) => {
    memory.state.now += ms
  }
  return { ...memory, as, wait, control: () => readControl(memory.ledger, id) }
}

const told = { kind: 'refused', error: 'somebody-acted' }
const begun = { kind: 'started' }

describe('whoever resumes a run', () => {
  it('is told who gave the last command, when and why, if it was somebody else within five minutes', async () => {
    const { as, wait, started, control } = await setUp()
    await pauseRun(as('bob'), { why: 'the backup\n  runs' })
    wait(2 * minute)
    expect(await resumeRun(as('alice'), {})).toEqual({
      ...told,
      cause:
        'Somebody else acted within the last five minutes: pause by bob, 2026-11-21T01:01:00Z (2m 0s ago): the backup runs (version 1). Talk to them first; to act on top of it: --over 1.',
    })
    expect(started).toEqual([])
    expect(await control()).toMatchObject({ command: 'pause', version: 1, by: 'bob' })
    wait(3 * minute)
    expect(await resumeRun(as('alice'), {}, { why: 'done' })).toMatchObject(begun)
    expect(await control()).toMatchObject({ command: 'run', version: 2, by: 'alice', verb: 'resume', why: 'done' })
  })

  it('may undo a command of their own at once', async () => {
    const { as, control } = await setUp()
    await pauseRun(as('alice'), { why: 'a moment' })
    expect(await resumeRun(as('alice'), {})).toMatchObject(begun)
    expect(await control()).not.toHaveProperty('why')
  })

  it.each([
    ['bob', undefined],
    [undefined, 'alice'],
    [undefined, undefined],
  ])('is somebody else where one of the two cannot be named: %s, %s', async (first, second) => {
    const { as } = await setUp()
    await pauseRun(as(first))
    expect(await resumeRun(as(second), {})).toMatchObject(told)
  })

  it('is told of a command of the future, which is one of a clock that is ahead', async () => {
    const { as, wait } = await setUp()
    wait(60 * minute)
    await pauseRun(as('bob'))
    wait(-59 * minute)
    expect(await resumeRun(as('alice'), {})).toMatchObject(told)
  })

  it('acts on top of exactly the version that they name', async () => {
    const { as, started, control } = await setUp()
    await pauseRun(as('bob'))
    await pauseRun(as('carol'), { why: 'wait' })
    const refused = await resumeRun(as('alice'), {}, { over: 1 })
    expect(refused).toMatchObject({
      ...told,
      cause: expect.stringMatching(/^Version 1 is not the last command any more: pause by carol, .*--over 2\.$/),
    })
    expect(await resumeRun(as('alice'), {}, { over: 3 })).toMatchObject(told)
    expect(started).toEqual([])
    expect(await resumeRun(as('alice'), {}, { over: 2 })).toMatchObject(begun)
    expect(await control()).toMatchObject({ version: 3, by: 'alice' })
  })

  it('names no version where nobody has given a command', async () => {
    const { as } = await setUp()
    expect(await resumeRun(as('alice'), {}, { over: 1 })).toMatchObject({
      ...told,
      cause: 'There is no command of version 1: nobody has given one. Leave --over out.',
    })
    expect(await resumeRun(as('alice'), {}, { over: 0 })).toMatchObject(begun)
  })

  it('is told of whoever aborts or pauses it in the same instant', async () => {
    for (const stop of [pauseRun, abortRun]) {
      const { as, ledger, started, control } = await setUp()
      // Between the last time that alice reads the row and her write.
      const late = beforeCommit(ledger, () => stop(as('bob')))
      expect(await resumeRun(as('alice', late), {})).toMatchObject({
        ...told,
        cause: expect.stringContaining('by bob'),
      })
      expect(started).toEqual([])
      expect(await control()).toMatchObject({ command: stop === pauseRun ? 'pause' : 'abort', by: 'bob' })
    }
  })

  it.each([pauseRun, abortRun])(
    'is told of whoever stops it at whatever moment meanwhile, or was first',
    async (stop) => {
      let told = 0
      for (let call = 1; ; call++) {
        const { as, ledger, started, control } = await setUp()
        const { late, hasHappened } = beforeCall(ledger, call, () => stop(as('bob')))
        const resumed = await resumeRun(as('alice', late), {})
        if (!hasHappened()) break
        expect(await control()).toMatchObject({ command: stop === pauseRun ? 'pause' : 'abort', by: 'bob' })
        expect(started).toHaveLength(resumed.kind === 'started' ? 1 : 0)
        if (resumed.kind === 'started') continue
        expect(resumed).toMatchObject({ error: 'somebody-acted', cause: expect.stringContaining('by bob') })
        told++
      }
      expect(told).toBeGreaterThan(2)
    },
  )

  it('is told of whoever resumes it in the same instant, and one execution starts', async () => {
    const { as, started } = await setUp()
    const all = await Promise.all(['alice', 'bob', 'carol'].map((name) => resumeRun(as(name), {})))
    const kinds = all.map((one: Started) => one.kind).sort()
    expect(kinds).toEqual(['refused', 'refused', 'started'])
    expect(started).toHaveLength(1)
  })

  it('knows of a version that was given between two readings: --over is compared with what is replaced', async () => {
    const { as, ledger } = await setUp()
    await pauseRun(as('bob'))
    const late = beforeCommit(ledger, () => pauseRun(as('carol')))
    expect(await resumeRun(as('alice', late), {}, { over: 1 })).toMatchObject(told)
  })
})

describe('whoever verifies or repairs a finished run', () => {
  it.each([verifyRun, repairRun])('is told of somebody else, too', async (begin) => {
    const { as, wait } = await setUp(finished, done)
    expect(await begin(as('bob'))).toMatchObject(begun)
    expect(await begin(as('alice'))).toMatchObject(told)
    wait(5 * minute)
    expect(await begin(as('alice'))).toMatchObject(begun)
  })
})

describe('whoever pauses or aborts a run', () => {
  it('is never refused, and the last of them is known', async () => {
    const { as, control } = await setUp()
    await pauseRun(as('alice'))
    expect(await pauseRun(as('bob'))).toMatchObject({ command: 'pause', last: { by: 'bob', version: 2 } })
    expect(await abortRun(as('carol'))).toMatchObject({ command: 'abort', last: { by: 'carol', version: 3 } })
    expect(await abortRun(as('alice'))).toMatchObject({ command: 'abort', last: { by: 'alice', version: 4 } })
    // Which changes nothing, so it is no command.
    expect(await pauseRun(as('bob'))).toMatchObject({ command: 'abort', last: { by: 'alice', version: 4 } })
    expect(await control()).toMatchObject({ command: 'abort', verb: 'abort', version: 4 })
  })

  it('gives no other command by repeating an abort, nor once the run is aborted', async () => {
    const { as, control } = await setUp()
    await abortRun(as('alice'))
    expect(await abortRun(as('alice'))).toMatchObject({ command: 'abort', last: { by: 'alice', version: 1 } })
    const over = await setUp({ state: 'aborted' })
    expect(await abortRun(over.as('alice'))).toMatchObject({ kind: 'told', command: 'run', last: undefined })
    expect(await control()).toMatchObject({ version: 1 })
  })

  it('pauses at once where a time has come already, whatever time they say', async () => {
    const { as, wait, state, control } = await setUp({}, [])
    await pauseRun(as('alice'), {}, state.now + minute)
    wait(2 * minute)
    // Slices have stopped by then: to lift the pause would leave them open, and halt the run.
    expect(await pauseRun(as('alice'), {}, state.now + 60 * minute)).toMatchObject({ command: 'pause' })
    expect(await control()).not.toHaveProperty('pauseAt')
  })

  it('does not postpone the time that somebody else gave a moment ago, and may bring it forward', async () => {
    const { as, wait, state } = await setUp({}, [])
    const at = (minutes: number) => state.now + minutes * minute
    const [early, late] = [at(30), at(60)]
    await pauseRun(as('alice'), {}, late)
    expect(await pauseRun(as('bob'), {}, early)).toMatchObject({ pauseAt: early })
    expect(await pauseRun(as('alice'), {}, late)).toMatchObject({ pauseAt: early })
    expect(await pauseRun(as('alice'), {}, late)).toMatchObject({ pauseAt: late })
    await pauseRun(as('bob'), {}, early)
    wait(5 * minute)
    expect(await pauseRun(as('alice'), {}, late)).toMatchObject({ pauseAt: late })
  })

  it('leaves no time to pause at behind, once the execution has ended it was meant for', async () => {
    const end = (run: RunRecord): RunRecord => ({ ...run, state: 'stopped', because: 'halted' })
    for (const from of ['inside', 'outside']) {
      const { as, ledger, state, control } = await setUp({ fence: 2 }, [])
      await pauseRun(as('alice'), {}, state.now + minute)
      await (from === 'inside'
        ? endOwner(ledger, { run: id, fence: 2 }, end)
        : endFromOutside(ledger, id, ({ run }) => end(run)))
      expect(await control()).toMatchObject({ command: 'run', verb: 'pause' })
      expect(await control()).not.toHaveProperty('pauseAt')
    }
  })

  it('does not begin the wait of an abort anew by repeating it', async () => {
    const { as, ledger, control, state } = await setUp()
    await abortRun(as('alice'))
    await changeControl(ledger, id, (before) => ({ ...before, abortSeen: 7 }))
    await abortRun(as('bob'))
    expect(await control()).toMatchObject({ abortSeen: 7 })
    await changeControl(ledger, id, (before) => ({ ...before, command: 'run' }))
    await abortRun(as('bob'))
    expect(await control()).toMatchObject({ abortSeen: state.now })
  })
})

describe('what the engine does to the control row', () => {
  const kept = { version: 3, verb: 'pause', by: 'bob', at: 5, why: 'wait', ofLater: { yes: [1] } } as const
  const task = { run: id, fence: 1 }
  const { runtime } = memoryWorld().world
  const steps: [string, object, (ledger: LedgerTable) => Promise<unknown>][] = [
    ['an owner that begins', {}, begin],
    ['an owner that ends', {}, (ledger) => endOwner(ledger, task, (run) => ({ ...run, state: 'stopped' }))],
    ['an owner that is ended', {}, (ledger) => endFromOutside(ledger, id, ({ run }) => run)],
    ['a later run', {}, fence],
    ['a quiet period', {}, (ledger) => beginQuiet(task, { ledger, runtime })],
    ['a copy that is planned', { quiet: 'old' }, plan],
  ]

  it.each(steps)('is no command, and keeps what it does not know: %s', async (_, change, step) => {
    const { ledger } = memoryWorld()
    await store(ledger, aRun(), 'quiet' in change ? chunks : done)
    const row = await readControl(ledger, id)
    await writeControl(ledger, id, row, { ...row, ...change, ...kept })
    const before = await readControl(ledger, id)
    await step(ledger)
    const after = await readControl(ledger, id)
    expect(after).toMatchObject(kept)
    expect(after.rev).toBeGreaterThan(before.rev!)
  })

  async function begin(ledger: LedgerTable) {
    const [lease, { run, version }] = await Promise.all([readLease(ledger, 'beta'), readRun(ledger, id)])
    await beginOwner(ledger, lease, { ...lease!, fence: 2 }, runPut(run, { ...run, fence: 2 }, version))
  }

  async function fence(ledger: LedgerTable) {
    const next = { ...(await readLease(ledger, 'beta'))!, table: 'gamma', run: 'next', fence: 2, superseded: [id] }
    await writeLease(ledger, undefined, next)
    await fenceEarlierRuns(ledger, next)
  }

  function plan(ledger: LedgerTable) {
    const manifests = { write: async (key: string) => ({ bucket: 'b', key }) }
    return planPass({ ...task, kind: 'copy' }, { ledger, runtime, manifests })
  }
})

/** The same ledger, on which something happens once, before the next commit. */
function beforeCommit(ledger: LedgerTable, happens: () => Promise<unknown>): LedgerTable {
  let pending: (() => Promise<unknown>) | undefined = happens
  return {
    get: (pk, sk) => ledger.get(pk, sk),
    query: (pk, prefix, page) => ledger.query(pk, prefix, page),
    commit: async (puts) => {
      const now = pending
      pending = undefined
      await now?.()
      return ledger.commit(puts)
    },
  }
}

/** The same ledger, on which something happens once, before the call of this number. */
function beforeCall(ledger: LedgerTable, call: number, happens: () => Promise<unknown>) {
  let calls = 0
  const counted = async () => {
    if (++calls === call) await happens()
  }
  const late: LedgerTable = {
    get: (pk, sk) => counted().then(() => ledger.get(pk, sk)),
    query: (pk, prefix, page) => counted().then(() => ledger.query(pk, prefix, page)),
    commit: (puts) => counted().then(() => ledger.commit(puts)),
  }
  return { late, hasHappened: () => calls >= call }
}
