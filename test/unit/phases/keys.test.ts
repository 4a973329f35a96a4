import { describe, expect, it } from 'vitest'
import { parseRequest } from '../../../shared/config/options.ts'
import { changeControl, readControl } from '../../../shared/ledger/control.ts'
import { readLease } from '../../../shared/ledger/lease.ts'
import { runOfKey } from '../../../shared/ledger/run-keys.ts'
import { getRun, type RunRecord, updateRun } from '../../../shared/ledger/runs.ts'
import { beginQuiet } from '../../../shared/live/quiet.ts'
import { startSlice } from '../../../shared/passes/slice/start.ts'
import { checkPass } from '../../../shared/phases/check-pass.ts'
import { haltRun } from '../../../shared/phases/halt.ts'
import { type Held, takeLease } from '../../../shared/phases/lease.ts'
import { planPass } from '../../../shared/phases/plan-pass.ts'
import { migrationsOf } from '../../code.ts'
import { memoryLedgerTable } from '../../memory/ledger-table.ts'
import { drivenRun, run, runtime, task } from './driven-run.ts'
import { leaseEngine } from './lease-engine.ts'

/** Takes the lease by another execution; every other one has ended. */
function taking(ledger: ReturnType<typeof memoryLedgerTable>, isEmpty = true) {
  let random = 0
  const varied = { ...runtime, random: () => (random += 0.001) }
  return (execution: string, input: object) =>
    takeLease(execution, parseRequest(input), {
      ...leaseEngine(execution, run, { ledger, runtime: varied }),
      isEmpty: async () => isEmpty,
    })
}

const stop = (ledger: ReturnType<typeof memoryLedgerTable>, change: Partial<RunRecord>) =>
  updateRun(ledger, 'r', (one) => ({ ...one, ...change }))

describe('an execution with a key', () => {
  it('begins a run that keeps it, and the only one that ever does', async () => {
    const ledger = memoryLedgerTable()
    const take = taking(ledger)
    const { run: id, fence } = (await take('one', { key: 'nightly' })) as Held
    expect(await getRun(ledger, id)).toMatchObject({ key: 'nightly' })
    expect(await runOfKey(ledger, 'd', 'nightly')).toBe(id)
    // The same request delivered twice is the same run.
    expect(await take('one', { key: 'nightly' })).toMatchObject({ run: id })
    await haltRun({ run: id, fence, error: 'phase-failed', cause: 'why' }, { ledger, runtime })
    await expect(take('two', { key: 'nightly' })).rejects.toMatchObject({
      code: 'key-used',
      message: expect.stringContaining(`run ${id}`),
    })
    expect((await readLease(ledger, 'd'))?.held).toBe(false)
  })

  it('begins nothing over a run that is unfinished', async () => {
    const { ledger, engine } = await drivenRun()
    await haltRun({ ...task, error: 'phase-failed', cause: 'why' }, engine)
    await expect(taking(ledger)('two', { key: 'nightly' })).rejects.toMatchObject({ code: 'run-unfinished' })
    await stop(ledger, { state: 'aborted' })
    expect(await taking(ledger)('two', { key: 'nightly' })).toMatchObject({ outcome: 'held' })
  })

  it('resumes the run of its key, and no other', async () => {
    const { ledger, engine } = await drivenRun({ run: { key: 'nightly' } })
    await haltRun({ ...task, error: 'phase-failed', cause: 'why' }, engine)
    const take = taking(ledger, false)
    await expect(take('two', { resume: true, key: 'weekly' })).rejects.toMatchObject({
      code: 'nothing-to-resume',
      message: 'The last run into d is r of key nightly, and not the one of key weekly.',
    })
    expect(await take('two', { resume: true, key: 'nightly' })).toMatchObject({ run: 'r' })
  })
})

describe('an execution that says who begins it', () => {
  it('makes that the first command of its run', async () => {
    const ledger = memoryLedgerTable()
    const { run: id } = (await taking(ledger)('one', { by: 'alice', why: 'release 9' })) as Held
    expect(await readControl(ledger, id)).toMatchObject({
      ...{ command: 'run', version: 1, verb: 'run', by: 'alice', why: 'release 9', at: 5 },
    })
  })

  it('says nothing of a run that it continues, whose command says it', () => {
    for (const only of [{ resume: true }, { only: 'verify' }])
      expect(() => parseRequest({ ...only, by: 'alice' })).toThrow('`by` was settled')
  })
})

describe('a run that is to pause by itself', () => {
  it('pauses at the time of the execution that takes the lease, or at none', async () => {
    const { ledger, engine } = await drivenRun()
    await changeControl(ledger, 'r', (control) => ({ ...control, pauseAt: 9 }))
    await haltRun({ ...task, error: 'phase-failed', cause: 'why' }, engine)
    const { fence } = (await taking(ledger, false)('two', { resume: true })) as Held
    expect(await readControl(ledger, 'r')).not.toHaveProperty('pauseAt')
    await haltRun({ run: 'r', fence, error: 'phase-failed', cause: 'why' }, engine)
    await taking(ledger, false)('three', { resume: true, until: 70 })
    expect(await readControl(ledger, 'r')).toMatchObject({ command: 'run', pauseAt: 70 })
  })

  it('begins no slice, no quiet period and no phase from then on', async () => {
    const { ledger, engine } = await drivenRun({ control: { pauseAt: 5 } })
    const slice = { ...task, pass: 'copy', chunk: 's00000' } as const
    expect(await startSlice(ledger, slice, migrationsOf(), 5, 9)).toMatchObject({ outcome: { reason: 'paused' } })
    expect(await beginQuiet(task, engine)).toMatchObject({ outcome: 'stopped', reason: 'paused' })
    expect(await planPass({ ...task, kind: 'copy' }, engine)).toMatchObject({ outcome: 'paused' })
    expect(await getRun(ledger, 'r')).toMatchObject({ state: 'stopped', because: 'paused' })
  })

  it('is resumed by an execution from the console, too: nobody paused it since', async () => {
    const { ledger, engine } = await drivenRun({ control: { pauseAt: 1 } })
    expect(await checkPass({ ...task, kind: 'copy' }, engine)).toMatchObject({ outcome: 'paused' })
    expect(await taking(ledger, false)('two', { resume: true })).toMatchObject({ outcome: 'held', run: 'r' })
  })

  it.each([
    [30_004, 'paused'],
    [30_006, 'halted'],
  ])(
    'has paused where slices stopped for it by a clock that is up to 30 s ahead: at %i, %s',
    async (pauseAt, outcome) => {
      const { engine } = await drivenRun({ control: { pauseAt } })
      expect(await checkPass({ ...task, kind: 'copy' }, engine)).toMatchObject({ outcome })
    },
  )
})
