import { describe, expect, it } from 'vitest'
import { createChunks, newChunk, replaceChunk } from '../../../shared/ledger/chunks.ts'
import { type Command, changeControl, readControl } from '../../../shared/ledger/control.ts'
import { readLease } from '../../../shared/ledger/lease.ts'
import { getRun, updateRun } from '../../../shared/ledger/runs.ts'
import type { LedgerTable } from '../../../shared/ledger/table.ts'
import { type Started, startSlice } from '../../../shared/passes/slice/start.ts'
import { checkPass } from '../../../shared/phases/check-pass.ts'
import { finishRun } from '../../../shared/phases/finish.ts'
import { endStopped, haltRun, pauseRun } from '../../../shared/phases/halt.ts'
import { takeLease } from '../../../shared/phases/lease.ts'
import { planPass } from '../../../shared/phases/plan-pass.ts'
import { migrationsOf } from '../../code.ts'
import { chunk, drivenRun, run, runtime, task } from './driven-run.ts'
import { leaseEngine } from './lease-engine.ts'

const paused = { outcome: 'paused', error: 'paused' }

/** Told to pause, or what `command` says. */
const told = ({ command = 'pause', ...change }: { command?: Command; chunk?: object; run?: object } = {}) =>
  drivenRun({ ...change, control: { command } })

const asker = (ledger: LedgerTable) => ({
  ...leaseEngine('two', run, { ledger, runtime }),
  executions: { status: async () => 'running' as const },
  isEmpty: async () => true,
})

const standing = async (ledger: LedgerTable) => {
  const { state, because, phase, phases } = await getRun(ledger, 'r')
  const { held, fence } = (await readLease(ledger, 'd'))!
  return { state, because, phase, last: phases?.at(-1)?.phase, held, fence }
}
const atRest = { state: 'stopped', because: 'paused', phase: 'Copy', last: 'Paused', held: false, fence: 5 }

describe('a paused run', () => {
  it('gives its lease back once its Map has ended, and can be resumed', async () => {
    const { ledger, engine } = await told()
    expect(await checkPass({ ...task, kind: 'copy' }, engine)).toMatchObject(paused)
    expect(await standing(ledger)).toEqual(atRest)
    // Its first answer was lost.
    expect(await checkPass({ ...task, kind: 'copy' }, engine)).toMatchObject(paused)
  })

  it('is paused, not halted, where chunks failed as well, and says so', async () => {
    const { engine } = await told({ chunk: { state: 'failed', reason: 'it broke' } })
    const cause = 'An operator paused it. 1 chunk had failed; a resume tries them again.'
    expect(await checkPass({ ...task, kind: 'copy' }, engine)).toMatchObject({ ...paused, cause })
  })

  it('reads its chunks no oftener than one that halts', async () => {
    const reads = async (end: (engine: Parameters<typeof pauseRun>[1]) => Promise<unknown>) => {
      const { ledger, engine } = await told()
      let queries = 0
      const counting: LedgerTable = {
        get: (pk, sk) => ledger.get(pk, sk),
        commit: (puts) => ledger.commit(puts),
        query: (...asked) => {
          queries++
          return ledger.query(...asked)
        },
      }
      await end({ ...engine, ledger: counting })
      return queries
    }
    const halts = await reads((engine) => haltRun({ ...task, error: 'phase-failed', cause: 'why' }, engine))
    expect(halts).toBeGreaterThan(0)
    expect(await reads((engine) => pauseRun(task, engine))).toBe(halts)
  })

  it('plans nothing', async () => {
    const { ledger, engine } = await told()
    expect(await planPass({ ...task, kind: 'copy' }, engine)).toMatchObject(paused)
    expect(await standing(ledger)).toEqual(atRest)
  })

  it('ends where draining, settling or repairing asks', async () => {
    const { ledger, engine } = await told()
    expect(await endStopped(task, 'Settling', 'paused', engine)).toMatchObject(paused)
    expect(await standing(ledger)).toEqual(atRest)
  })

  it('finishes where nothing was left to do', async () => {
    const { ledger, engine } = await told({ chunk: { state: 'done' } })
    for (const kind of ['verify.1', 'orphans.1'] as const)
      await createChunks(ledger, [{ ...newChunk('r', kind, 's00000', chunk.chunk, 1), state: 'done' }])
    expect(await finishRun(task, engine)).toMatchObject({ outcome: 'finished' })
  })

  it('stays finished where a verification of it was paused', async () => {
    const { ledger, engine } = await told({ run: { state: 'finished', task: { kind: 'verify', state: 'running' } } })
    expect(await checkPass({ ...task, kind: 'verify' }, engine)).toMatchObject(paused)
    const { state, task: stopped } = await getRun(ledger, 'r')
    expect({ state, stopped }).toEqual({
      state: 'finished',
      stopped: { kind: 'verify', state: 'stopped', because: 'paused' },
    })
  })

  it('is verified although an abort came after its finish, which has no effect', async () => {
    const { ledger, engine } = await told({
      command: 'abort',
      run: { state: 'finished', task: { kind: 'verify', state: 'running' } },
    })
    const verify = newChunk('r', 'verify.1', 's00000', chunk.chunk, 1)
    await createChunks(ledger, [verify])
    const slice = { ...task, pass: verify.pass, chunk: verify.id }
    expect(await startSlice(ledger, slice, migrationsOf(), 5, 9)).toMatchObject({ kind: 'started' })
    const { record } = (await startSlice(ledger, slice, migrationsOf(), 5, 9)) as Extract<Started, { kind: 'started' }>
    await replaceChunk(ledger, { ...record, state: 'done' }, { epoch: record.epoch, state: 'open' })
    expect(await checkPass({ ...task, kind: 'verify' }, engine)).toMatchObject({ outcome: 'covered' })
  })

  it.each(['pause', 'abort'] as const)('is not resumed by whoever starts an execution after a %s', async (command) => {
    const { ledger, engine } = await told({ command })
    await checkPass({ ...task, kind: 'copy' }, engine)
    if (command === 'abort') await updateRun(ledger, 'r', (run) => ({ ...run, state: 'aborted' }))
    const asking = asker(ledger)
    const resume = () => takeLease('two', { resume: true, split: true, offline: false }, asking)
    await expect(resume()).rejects.toMatchObject({
      code: 'told-to-stop',
      message: expect.stringContaining('`segue run --resume`'),
    })
    expect((await readControl(ledger, 'r')).command).toBe(command)
    await changeControl(ledger, 'r', (control) => ({ ...control, command: 'run' }))
    expect(await resume()).toMatchObject({ outcome: 'held', run: 'r', fence: 6 })
    const { because, reason, error } = await getRun(ledger, 'r')
    expect([because, reason, error]).toEqual([undefined, undefined, undefined])
  })

  it('ends its execution while that waits for an earlier run', async () => {
    const { ledger, engine } = await told()
    const asking = asker(ledger)
    expect(await takeLease('one', { resume: false, split: true, offline: false }, asking)).toMatchObject(paused)
    expect(await standing(engine.ledger)).toEqual(atRest)
    expect(await readControl(ledger, 'r')).toMatchObject({ fence: 5, command: 'pause' })
  })
})
