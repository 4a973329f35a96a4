import { describe, expect, it } from 'vitest'
import { createChunks, getChunk, newChunk } from '../../../shared/ledger/chunks.ts'
import { readControl, writeControl } from '../../../shared/ledger/control.ts'
import { readLease, writeLease } from '../../../shared/ledger/lease.ts'
import { getRun, updateRun } from '../../../shared/ledger/runs.ts'
import type { LedgerTable } from '../../../shared/ledger/table.ts'
import { startSlice } from '../../../shared/passes/slice/start.ts'
import { checkPass } from '../../../shared/phases/check-pass.ts'
import { failChunk } from '../../../shared/phases/fail-chunk.ts'
import { finishRun } from '../../../shared/phases/finish.ts'
import { haltRun } from '../../../shared/phases/halt.ts'
import { takeLease } from '../../../shared/phases/lease.ts'
import { planPass } from '../../../shared/phases/plan-pass.ts'
import { migrationsOf } from '../../code.ts'
import { chunk, drivenRun, lease, run, runtime, task } from './driven-run.ts'

const slice = { run: 'r', pass: 'copy', chunk: 's00000', fence: 4 } as const
const halting = { ...task, error: 'phase-failed', cause: 'why' } as const

const fences = async (ledger: LedgerTable) => ({
  control: (await readControl(ledger, 'r')).fence,
  lease: (await readLease(ledger, 'd'))?.fence,
  held: (await readLease(ledger, 'd'))?.held,
  run: (await getRun(ledger, 'r')).fence,
})

describe('the end of an owner', () => {
  it('raises the fence, so that a late slice claims nothing', async () => {
    const { ledger, engine } = await drivenRun()
    await haltRun(halting, engine)
    expect(await fences(ledger)).toEqual({ control: 5, lease: 5, held: false, run: 4 })
    expect(await startSlice(ledger, slice, migrationsOf(), 6, 9)).toMatchObject({ outcome: { reason: 'fenced' } })
  })

  it('is one transaction: where it is not written, nothing of it is', async () => {
    const { ledger, engine } = await drivenRun()
    const broken: LedgerTable = {
      get: (pk, sk) => ledger.get(pk, sk),
      query: (pk, prefix, page) => ledger.query(pk, prefix, page),
      commit: () => Promise.reject(new Error('lost')),
    }
    await expect(haltRun(halting, { ...engine, ledger: broken })).rejects.toThrow('lost')
    expect(await fences(ledger)).toEqual({ control: 4, lease: 4, held: true, run: 4 })
    expect((await getRun(ledger, 'r')).state).toBe('running')
  })

  it('is answered the same when its first answer was lost', async () => {
    const done = { state: 'done', tallies: { ...chunk.tallies } }
    const halted = await drivenRun()
    const first = await haltRun({ ...task, error: 'tallies-open', cause: 'the reason' }, halted.engine)
    expect(await haltRun(halting, halted.engine)).toEqual(first)
    expect(await checkPass({ ...task, kind: 'copy' }, halted.engine)).toEqual(first)
    expect(await finishRun(task, halted.engine)).toEqual(first)
    const finished = await drivenRun({ chunk: done })
    for (const kind of ['verify.1', 'orphans.1'] as const)
      await createChunks(finished.ledger, [{ ...newChunk('r', kind, 's00000', chunk.chunk, 1), state: 'done' }])
    await updateRun(finished.ledger, 'r', (one) => ({ ...one, verification: { number: 1, ended: false } }))
    const ended = await finishRun(task, finished.engine)
    expect(ended).toMatchObject({ outcome: 'finished' })
    expect(await finishRun(task, finished.engine)).toEqual(ended)
    expect(await fences(finished.ledger)).toMatchObject({ control: 5, lease: 5 })
  })

  it('leaves a newer owner alone', async () => {
    const { ledger, engine } = await drivenRun()
    const now = await readControl(ledger, 'r')
    await writeControl(ledger, 'r', now, { ...now, fence: 6 })
    await writeLease(ledger, lease, { ...lease, execution: 'two', fence: 6 })
    await updateRun(ledger, 'r', (one) => ({ ...one, execution: 'two', fence: 6 }))
    expect(await haltRun(halting, engine)).toMatchObject({ outcome: 'halted' })
    expect(await fences(ledger)).toEqual({ control: 6, lease: 6, held: true, run: 6 })
  })
})

describe('executions that start at once', () => {
  it('are told which of them runs', async () => {
    const { ledger } = await drivenRun()
    await haltRun(halting, { ledger, runtime })
    const one = 'one of a hundred'
    const all = Array.from({ length: 100 }, (_, i) => `${one}, ${i}`)
    const request = { resume: true, split: true, offline: false }
    const engine = {
      ...{ ledger, runtime, source: 's', destination: 'd', tableIds: {}, schema: run.schema, migrations: [] },
      ...{ codeHash: 'code', segments: 1, concurrency: 40, sliceSeconds: 900, isEmpty: async () => true },
      executions: { status: async () => 'running' as const },
      marks: { ledgerName: 'ledger', ledgerOfSource: async () => undefined, markDestination: async () => {} },
      ...{ stack: 'stack', stacks: { use: async () => 'this ledger' as const } },
    }
    const answers = await Promise.allSettled(all.map((execution) => takeLease(execution, request, engine)))
    const { execution } = (await readLease(ledger, 'd'))!
    const refused = answers.filter((each) => each.status === 'rejected').map(({ reason }) => reason)
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(refused).toHaveLength(99)
    for (const { code, message } of refused) {
      expect(code).toBe('run-in-progress')
      expect(message).toContain(execution)
    }
    expect(await fences(ledger)).toEqual({ control: 6, lease: 6, held: true, run: 6 })
  })

  it('do not begin again once they have given the lease back', async () => {
    const { ledger, engine } = await drivenRun()
    await haltRun(halting, engine)
    const asking = {
      ...{ ledger, runtime, source: 's', destination: 'd', tableIds: {}, schema: run.schema, migrations: [] },
      ...{ codeHash: 'code', segments: 1, concurrency: 40, sliceSeconds: 900, isEmpty: async () => true },
      executions: { status: async () => 'running' as const },
      marks: { ledgerName: 'ledger', ledgerOfSource: async () => undefined, markDestination: async () => {} },
      ...{ stack: 'stack', stacks: { use: async () => 'this ledger' as const } },
    }
    const again = takeLease('one', { resume: true, split: true, offline: false }, asking)
    await expect(again).rejects.toMatchObject({ code: 'execution-ended' })
    expect((await getRun(ledger, 'r')).state).toBe('stopped')
  })
})

describe('work of an owner that has ended', () => {
  it('fails no chunk of the next one', async () => {
    const { ledger, engine } = await drivenRun()
    await haltRun(halting, engine)
    expect(await failChunk({ ...slice, reason: 'retries ended' }, engine)).toEqual({ outcome: 'unchanged' })
    expect(await getChunk(ledger, 'r', 'copy', 's00000')).toMatchObject({ state: 'open' })
  })

  it('opens no failed chunk again', async () => {
    const { ledger, engine } = await drivenRun({ chunk: { state: 'failed', reason: 'it broke' } })
    await haltRun(halting, engine)
    expect(await planPass({ ...task, kind: 'copy' }, engine)).toMatchObject({ outcome: 'halted', cause: 'why' })
    expect(await getChunk(ledger, 'r', 'copy', 's00000')).toMatchObject({ state: 'failed', reason: 'it broke' })
  })
})

describe('planning a copy', () => {
  it('ends quiet before a chunk of it may write again', async () => {
    const { ledger, engine } = await drivenRun({ control: { quiet: 'q' } })
    let quietThen: string | undefined = 'not asked'
    const manifests = {
      write: async (key: string) => {
        quietThen = (await readControl(ledger, 'r')).quiet
        return { bucket: 'b', key }
      },
    }
    await planPass({ ...task, kind: 'copy' }, { ...engine, manifests })
    expect(quietThen).toBeUndefined()
  })

  it('keeps quiet where nothing of it is left', async () => {
    const { ledger, engine } = await drivenRun({ control: { quiet: 'q' }, chunk: { state: 'done' } })
    await planPass({ ...task, kind: 'copy' }, engine)
    expect((await readControl(ledger, 'r')).quiet).toBe('q')
  })
})

describe('the control row', () => {
  it('keeps what a newer version of Segue has added to it', async () => {
    const { ledger, engine } = await drivenRun()
    await ledger.commit([
      { row: { pk: 'RUN#r', sk: 'CONTROL', command: 'run', fence: 4, added: 'later' }, expect: 'any' },
    ])
    await haltRun(halting, engine)
    expect(await readControl(ledger, 'r')).toMatchObject({ fence: 5, added: 'later' })
  })

  it('is not taken for the one that was read if it was changed and changed back', async () => {
    const { ledger } = await drivenRun()
    const read = await readControl(ledger, 'r')
    await writeControl(ledger, 'r', read, { ...read, command: 'pause' })
    const paused = await readControl(ledger, 'r')
    await writeControl(ledger, 'r', paused, { ...paused, command: 'run' })
    expect(await writeControl(ledger, 'r', read, { ...read, command: 'abort' })).toBe(false)
  })
})
