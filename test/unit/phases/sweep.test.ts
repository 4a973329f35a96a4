import { describe, expect, it } from 'vitest'
import { beginCapture, readCapture } from '../../../shared/ledger/capture.ts'
import { createChunks, newChunk } from '../../../shared/ledger/chunks.ts'
import { changeControl, readControl, withCommand, writeControl } from '../../../shared/ledger/control.ts'
import { type Lease, readLease, writeLease } from '../../../shared/ledger/lease.ts'
import { type Phase, passes, passIdOf, passKinds, phases as phaseTable } from '../../../shared/ledger/passes.ts'
import { createRun, getRun, type RunRecord, updateRun } from '../../../shared/ledger/runs.ts'
import { captureEndsMs } from '../../../shared/live/fencing.ts'
import type { Mapping, MappingState } from '../../../shared/live/ports.ts'
import { startSlice } from '../../../shared/passes/slice/start.ts'
import type { Executions } from '../../../shared/phases/ports.ts'
import { type SweepEngine, sweep } from '../../../shared/phases/sweep.ts'
import { migrationsOf } from '../../code.ts'
import { memoryLedgerTable } from '../../memory/ledger-table.ts'

const second = 1_000
const minute = 60 * second
const began = 1_000_000 * second
const liveSeconds = 300
const liveEndsMs = captureEndsMs(liveSeconds)

const record = {
  ...{ id: 'r', state: 'running', phase: 'Copy', source: 's', destination: 'd', codeHash: 'code', pending: [] },
  ...{ schema: { pk: { name: 'pk', type: 'S' } }, segments: 1, split: true, offline: false, planned: true },
  ...{ execution: 'one', fence: 4, startedAt: began, phases: [{ phase: 'Copy', at: began }] },
} as RunRecord
const lease: Lease = { table: 'd', held: true, run: 'r', execution: 'one', fence: 4, since: began }
const task = { run: 'r', fence: 4 }

type Status = Awaited<ReturnType<Executions['status']>>

interface Situation {
  run?: object
  lease?: object
  control?: object
  chunk?: object
  mapping?: MappingState
}

/** A run that captures, two minutes after it began; its execution has ended. */
async function world(change: Situation = {}) {
  const ledger = memoryLedgerTable()
  const state = {
    now: began + 2 * minute,
    statuses: ['ended'] as Status[],
    mapping: change.mapping ?? 'Enabled',
  }
  const asked: boolean[] = []
  await createRun(ledger, { ...record, ...change.run })
  await writeLease(ledger, undefined, { ...lease, ...change.lease })
  await writeControl(ledger, 'r', undefined, { command: 'run', fence: 4, ...change.control })
  const chunk = newChunk('r', 'copy', 's00000', { kind: 'segment', segment: 0, totalSegments: 1 }, began)
  await createChunks(ledger, [{ ...chunk, ...change.chunk }])
  await beginCapture(ledger, 'r', { since: began, stream: 'stream' })
  const mapping: Mapping = {
    state: async () => state.mapping,
    async set(enabled) {
      asked.push(enabled)
      state.mapping = 'changing'
    },
  }
  const engine: SweepEngine = {
    ...{ ledger, destination: 'd', mappings: [mapping], liveSeconds, sliceSeconds: 900 },
    executions: {
      status: async () => (state.statuses.length > 1 ? state.statuses.shift()! : state.statuses[0]!),
    },
    runtime: {
      clock: () => state.now,
      sleep: async (ms) => {
        state.now += ms
      },
      emit: () => {},
    },
  }
  const rows = async () => ({
    run: await getRun(ledger, 'r'),
    lease: (await readLease(ledger, 'd'))!,
    control: await readControl(ledger, 'r'),
  })
  const command = (name: 'run' | 'abort') =>
    changeControl(ledger, 'r', (control) =>
      withCommand(control, name, { verb: name === 'abort' ? name : 'resume', at: 1 }),
    )
  return { ledger, state, asked, engine, rows, command, sweep: () => sweep(engine) }
}

describe('A run whose execution ended without recording it', () => {
  it('is interrupted by the next sweep, its lease is free, and what it left behind is fenced', async () => {
    const { ledger, rows, sweep } = await world()
    expect(await sweep()).toEqual({ outcome: 'interrupted', run: 'r' })
    const { run, lease, control } = await rows()
    expect(run).toMatchObject({
      state: 'stopped',
      because: 'interrupted',
      reason: expect.stringContaining('one'),
      fence: 4,
    })
    expect(run.phases?.at(-1)?.phase).toBe('Interrupted')
    expect(lease).toMatchObject({ held: false, fence: 5 })
    expect(control).toMatchObject({ command: 'run', fence: 5 })
    const late = await startSlice(ledger, { ...task, pass: 'copy', chunk: 's00000' }, migrationsOf(), began, began)
    expect(late).toMatchObject({ outcome: { outcome: 'stopped', reason: 'fenced' } })
    expect(await sweep()).toMatchObject({ outcome: 'nothing to do' })
  })

  it('stays finished if it had finished: what was being done to it is interrupted', async () => {
    const { rows, sweep } = await world({ run: { state: 'finished', task: { kind: 'verify', state: 'running' } } })
    expect(await sweep()).toMatchObject({ outcome: 'interrupted' })
    expect((await rows()).run).toMatchObject({
      state: 'finished',
      task: { kind: 'verify', state: 'stopped', because: 'interrupted' },
    })
  })

  it.each<[string, Status[], string]>([
    ['still runs', ['running'], 'nothing to do'],
    ['seems to have ended at first', ['ended', 'running'], 'nothing to do'],
    ['is not known', ['unknown'], 'owner unknown'],
    ['is not known any more', ['ended', 'unknown'], 'owner unknown'],
    ['is not there yet', ['absent'], 'owner unknown'],
    ['is not there any more', ['ended', 'absent'], 'owner unknown'],
  ])('is left alone while its execution %s', async (_, statuses, outcome) => {
    const { state, rows, sweep } = await world()
    state.statuses = statuses
    const before = await rows()
    expect(await sweep()).toEqual({ outcome, run: 'r' })
    expect(await rows()).toEqual(before)
  })

  it('is left alone for half a minute after it took the lease: the service may not know it yet', async () => {
    const { state, rows, sweep } = await world()
    state.now = began + 30 * second - 1
    const before = await rows()
    expect(await sweep()).toMatchObject({ outcome: 'nothing to do' })
    expect(await rows()).toEqual(before)
  })

  it('has no lease two minutes after it was stopped, whenever that was and whenever the sweeps of each minute come', async () => {
    for (let after = 0; after < 60; after++) {
      const { state, rows, sweep } = await world()
      // A cold start, and a schedule that is late.
      for (let due = began + after * second; (await rows()).lease.held; due += minute) {
        state.now = due + 20 * second
        await sweep()
      }
      expect(state.now - began).toBeLessThan(2 * minute)
    }
  })

  it('is interrupted once its execution is not there after a quarter of an hour: the service has forgotten it', async () => {
    const { state, sweep } = await world()
    state.statuses = ['absent']
    state.now = began + 15 * minute
    expect(await sweep()).toMatchObject({ outcome: 'owner unknown' })
    state.now += 1
    expect(await sweep()).toMatchObject({ outcome: 'interrupted' })
  })

  it('is left to whoever takes it over at that moment', async () => {
    const { ledger, engine, rows } = await world()
    const next = { ...lease, execution: 'two', fence: 5 }
    const executions = {
      status: async () => {
        if ((await readLease(ledger, 'd'))?.fence === 4) {
          await writeLease(ledger, lease, next)
          await changeControl(ledger, 'r', (control) => ({ ...control, fence: 5 }))
          await updateRun(ledger, 'r', (run) => ({ ...run, execution: 'two', fence: 5 }))
        }
        return 'ended' as const
      },
    }
    expect(await sweep({ ...engine, executions })).toMatchObject({ outcome: 'nothing to do' })
    expect(await rows()).toMatchObject({ run: { state: 'running', fence: 5 }, lease: { held: true, fence: 5 } })
  })

  it('is interrupted once by two sweeps at the same time', async () => {
    const { rows, sweep } = await world()
    const outcomes = await Promise.all([sweep(), sweep()])
    expect(outcomes.map(({ outcome }) => outcome).sort()).toEqual(['interrupted', 'nothing to do'])
    expect((await rows()).lease.fence).toBe(5)
  })
})

describe('A lease', () => {
  it('that nobody holds any more is freed', async () => {
    const { rows, sweep } = await world({ run: { state: 'stopped', because: 'halted' } })
    expect(await sweep()).toEqual({ outcome: 'freed', run: 'r' })
    expect(await rows()).toMatchObject({
      run: { state: 'stopped', because: 'halted' },
      lease: { held: false, fence: 5 },
      control: { fence: 5 },
    })
  })

  it('that an earlier version gave back without raising the fence is raised once', async () => {
    const { rows, sweep } = await world({ run: { state: 'stopped', because: 'halted' }, lease: { held: false } })
    expect(await sweep()).toEqual({ outcome: 'freed', run: 'r' })
    expect(await rows()).toMatchObject({ lease: { held: false, fence: 5 }, control: { fence: 5 } })
    expect(await sweep()).toMatchObject({ outcome: 'nothing to do' })
    expect((await rows()).lease.fence).toBe(5)
  })

  it('into a table that no run was ever begun for is nothing to sweep', async () => {
    const { engine } = await world()
    expect(await sweep({ ...engine, destination: 'other' })).toEqual({ outcome: 'nothing to do' })
  })
})

describe('An abort', () => {
  /** The same, after its execution has halted. */
  const halted: Situation = {
    run: { state: 'stopped', because: 'halted' },
    lease: { held: false, fence: 5 },
    control: { command: 'abort', fence: 5 },
  }

  it('turns live changes off, and is announced once none can be written and the mapping is disabled', async () => {
    const { ledger, state, asked, rows, sweep } = await world(halted)
    const seen = state.now
    expect(await sweep()).toEqual({ outcome: 'aborting', run: 'r' })
    expect((await rows()).control.abortSeen).toBe(seen)
    expect((await readCapture(ledger, 'r'))?.off).toBe(seen)
    expect(asked).toEqual([false])
    state.now = seen + liveEndsMs + minute
    expect(await sweep()).toMatchObject({ outcome: 'aborting' })
    state.mapping = 'Disabled'
    expect(await sweep()).toEqual({ outcome: 'aborted', run: 'r' })
    expect(await rows()).toMatchObject({
      run: { state: 'aborted', error: 'aborted' },
      lease: { held: false, fence: 6 },
      control: { command: 'abort', fence: 6 },
    })
    expect((await rows()).run.because).toBeUndefined()
    expect(asked).toEqual([false])
    expect(await sweep()).toMatchObject({ outcome: 'nothing to do' })
  })

  it('is not announced earlier, although the mapping has been disabled for long', async () => {
    const { state, sweep } = await world({ ...halted, mapping: 'Disabled' })
    const seen = state.now
    await sweep()
    state.now = seen + liveEndsMs
    expect(await sweep()).toMatchObject({ outcome: 'aborting' })
    state.now++
    expect(await sweep()).toMatchObject({ outcome: 'aborted' })
  })

  const writing = passKinds.filter((kind) => passes[kind].writes)
  it.each(writing)(
    'waits until a slice of %s that did not say that its writes had ended can write no more',
    async (kind) => {
      const deadline = began + 12 * minute
      const chunk = { deadline, pass: passIdOf(record, kind) }
      const { state, sweep } = await world({ ...halted, mapping: 'Disabled', chunk })
      await sweep()
      state.now = deadline + minute
      expect(await sweep()).toMatchObject({ outcome: 'aborting' })
      state.now++
      expect(await sweep()).toMatchObject({ outcome: 'aborted' })
    },
  )

  const writingPhases = (Object.keys(phaseTable) as Phase[]).filter((phase) => phaseTable[phase].writes)
  it.each(writingPhases)('waits until an invocation of %s that was lost can write no more', async (phase) => {
    const left = began + minute
    const phases = [
      { phase: 'Copy', at: began },
      { phase, at: began },
      { phase: 'Halted', at: left },
    ]
    const { state, sweep } = await world({ ...halted, mapping: 'Disabled', run: { ...halted.run, phases } })
    await sweep()
    state.now = left + 15 * minute + minute
    expect(await sweep()).toMatchObject({ outcome: 'aborting' })
    state.now++
    expect(await sweep()).toMatchObject({ outcome: 'aborted' })
  })

  it('turns off the mapping of each feed, and waits until all are off', async () => {
    const { asked, state, engine } = await world(halted)
    let isIndexOn = true
    const index: Mapping = {
      state: async () => (isIndexOn ? 'Enabled' : 'Disabled'),
      async set(enabled) {
        isIndexOn = enabled
      },
    }
    const mappings = [index, ...engine.mappings]
    expect(await sweep({ ...engine, mappings })).toMatchObject({ outcome: 'aborting' })
    expect([isIndexOn, asked]).toEqual([false, [false]])
    state.now += liveEndsMs + 1
    isIndexOn = true
    state.mapping = 'Disabled'
    expect(await sweep({ ...engine, mappings })).toMatchObject({ outcome: 'aborting' })
    expect(await sweep({ ...engine, mappings })).toMatchObject({ outcome: 'aborted' })
  })

  it('of an offline run that has a build waits until no batch of its feed can write', async () => {
    const run = { ...halted.run, offline: true, index: { build: 1, hash: 'h' } }
    const { state, sweep } = await world({ ...halted, run, mapping: 'Disabled' })
    await sweep()
    state.now += liveEndsMs
    expect(await sweep()).toMatchObject({ outcome: 'aborting' })
    state.now++
    expect(await sweep()).toMatchObject({ outcome: 'aborted' })
  })

  it('of an offline run without a slice at work is announced at once', async () => {
    const { engine } = await world({ ...halted, run: { ...halted.run, offline: true } })
    expect(await sweep({ ...engine, mappings: [] })).toMatchObject({ outcome: 'aborted' })
  })

  it('of a run whose execution still runs ends that execution, too, by its fence', async () => {
    const { state, rows, sweep } = await world({ control: { command: 'abort' }, mapping: 'Disabled' })
    state.statuses = ['running']
    await sweep()
    state.now += liveEndsMs + 1
    expect(await sweep()).toMatchObject({ outcome: 'aborted' })
    expect(await rows()).toMatchObject({
      run: { state: 'aborted' },
      lease: { held: false, fence: 5 },
      control: { fence: 5 },
    })
  })

  it('is counted from its own command: that an earlier one was seen long ago does not matter', async () => {
    const { state, command, rows, sweep } = await world({ ...halted, mapping: 'Disabled' })
    await sweep()
    await command('run')
    expect((await rows()).control.abortSeen).toBeUndefined()
    state.now += 20 * minute
    await command('abort')
    expect(await sweep()).toMatchObject({ outcome: 'aborting' })
  })

  it('is not announced if somebody resumes the run at that moment', async () => {
    const { state, engine, command, rows } = await world({ ...halted, mapping: 'Disabled' })
    await sweep(engine)
    state.now += liveEndsMs + 1
    const mapping: Mapping = {
      state: async () => {
        await command('run')
        return 'Disabled'
      },
      set: async () => {},
    }
    expect(await sweep({ ...engine, mappings: [mapping] })).toMatchObject({ outcome: 'aborting' })
    expect((await rows()).run.state).toBe('stopped')
  })

  it('that came after the finish has no effect', async () => {
    const { ledger, asked, sweep } = await world({ ...halted, run: { state: 'finished' } })
    expect(await sweep()).toMatchObject({ outcome: 'nothing to do' })
    expect((await readCapture(ledger, 'r'))?.off).toBeUndefined()
    expect(asked).toEqual([])
  })
})
