import { describe, expect, it } from 'vitest'
import { type Control, readControl, writeControl } from '../../../shared/ledger/control.ts'
import { continueUnless, liveStopReason, stopReason, trusted } from '../../../shared/ledger/fencing.ts'
import { createRun, type RunRecord, updateRun } from '../../../shared/ledger/runs.ts'
import { migrationsOf } from '../../code.ts'
import { memoryLedgerTable } from '../../memory/ledger-table.ts'
import { aRun } from '../cli/fixtures.ts'

describe('a permission', () => {
  /** Reads that succeed, or fail where told to, at a time that can be set. */
  function permission() {
    const state = { now: 0, reads: 0, fails: false }
    const read = trusted(
      () => state.now,
      async () => {
        state.reads++
        if (state.fails) throw new Error('the ledger')
        return state.reads
      },
    )
    return { state, read }
  }

  it('is believed for less than five seconds from when it was asked for', async () => {
    const { state, read } = permission()
    expect(await read()).toBe(1)
    state.now = 4_999
    expect(await read()).toBe(1)
    state.now = 5_000
    expect(await read()).toBe(2)
    state.now = 9_999
    expect(await read()).toBe(2)
  })

  it('is read once for all who ask at the same time', async () => {
    const { state, read } = permission()
    expect(await Promise.all([read(), read(), read()])).toEqual([1, 1, 1])
    expect(state.reads).toBe(1)
  })

  it('that could not be read is read again by the next who asks', async () => {
    const { state, read } = permission()
    state.fails = true
    await expect(read()).rejects.toThrow('the ledger')
    state.fails = false
    expect(await read()).toBe(2)
  })
})

describe('work under a lease', () => {
  async function reasons(change: Partial<RunRecord>, control: Partial<Control>, codeHash: string) {
    const ledger = memoryLedgerTable()
    await createRun(ledger, aRun(change))
    await writeControl(ledger, 'run00001', undefined, { command: 'run', fence: 1, ...control })
    const task = { run: 'run00001', fence: 1 }
    return [stopReason, liveStopReason].map((reason) => reason(ledger, task, migrationsOf(codeHash), () => 0))
  }

  it.each<[string, Partial<RunRecord>, Partial<Control>, string, string | undefined, string | undefined]>([
    ['runs', {}, {}, 'hash', undefined, undefined],
    ['is paused', {}, { command: 'pause' }, 'hash', 'paused', undefined],
    ['was to pause by now', {}, { pauseAt: 0 }, 'hash', 'paused', undefined],
    ['is to pause later', {}, { pauseAt: 1 }, 'hash', undefined, undefined],
    ['was to pause, and is aborted', {}, { command: 'abort', pauseAt: 0 }, 'hash', 'aborted', 'aborted'],
    ['has a newer lease', {}, { fence: 2 }, 'hash', 'fenced', 'fenced'],
    ['has an older lease, which it cannot know', {}, { fence: 0 }, 'hash', 'fenced', 'fenced'],
    ['is aborted', {}, { command: 'abort' }, 'hash', 'aborted', 'aborted'],
    ['was aborted after it finished', { state: 'finished' }, { command: 'abort' }, 'hash', 'fenced', undefined],
    ['has stopped', { state: 'stopped' }, {}, 'hash', 'fenced', undefined],
    ['has other code deployed', {}, {}, 'other', 'code changed', 'code changed'],
  ])('whose run %s', async (_, change, control, codeHash, reason, liveReason) => {
    const [why, whyLive] = await reasons(change, control, codeHash)
    expect(await why!()).toBe(reason)
    expect(await whyLive!()).toBe(liveReason)
    const asked = continueUnless(why!)()
    if (reason === undefined) await asked
    else await expect(asked).rejects.toMatchObject({ code: 'stopped', reason })
  })

  it.each([
    ['began with', 'definitions', undefined],
    ['began with other definitions than', 'older definitions', 'code changed'],
    ['has not begun for', undefined, 'code changed'],
  ])('compares the definitions of a build that it %s, and not the migrations', async (_, hash, reason) => {
    const ledger = memoryLedgerTable()
    await createRun(ledger, aRun(hash === undefined ? {} : { index: { build: 1, hash } }))
    await writeControl(ledger, 'run00001', undefined, { command: 'run', fence: 1 })
    const code = { of: 'search', hash: 'definitions' } as const
    for (const why of [stopReason, liveStopReason])
      expect(await why(ledger, { run: 'run00001', fence: 1 }, code, () => 0)()).toBe(reason)
  })

  it('learns of an abort within five seconds', async () => {
    const ledger = memoryLedgerTable()
    await createRun(ledger, aRun())
    await writeControl(ledger, 'run00001', undefined, { command: 'run', fence: 1 })
    let now = 0
    const why = stopReason(ledger, { run: 'run00001', fence: 1 }, migrationsOf('hash'), () => now)
    expect(await why()).toBeUndefined()
    await writeControl(ledger, 'run00001', await readControl(ledger, 'run00001'), { command: 'abort', fence: 1 })
    await updateRun(ledger, 'run00001', (run) => ({ ...run, reason: 'aborted' }))
    now = 5_000
    expect(await why()).toBe('aborted')
  })
})
