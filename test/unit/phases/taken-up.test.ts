import { describe, expect, it } from 'vitest'
import { notePhase } from '../../../shared/facts/phase.ts'
import { passMs, phaseTimes, workedMs } from '../../../shared/facts/phase-times.ts'
import { readControl } from '../../../shared/ledger/control.ts'
import type { Phase } from '../../../shared/ledger/passes.ts'
import { getRun, type RunRecord } from '../../../shared/ledger/runs.ts'
import { takeLease } from '../../../shared/phases/lease.ts'
import { aRun, aSegment, memoryWorld, start, store } from '../cli/fixtures.ts'
import { leaseEngine } from './lease-engine.ts'

const hour = 3_600_000
const day = 24 * hour

/** A run of which one segment was checkpointed an hour after it began, and an execution that resumes it ten hours later. */
async function setUp(change: Partial<RunRecord>) {
  const { ledger, world, state } = memoryWorld()
  const run = aRun({ phases: [{ phase: 'Copy', at: start }], ...change })
  const chunks = [aSegment(0, 5, { updatedAt: start + hour }), aSegment(1, 5, { updatedAt: start + hour / 2 })]
  await store(ledger, run, chunks)
  state.now = start + 11 * hour
  const resume = (execution: string) =>
    takeLease(
      execution,
      { resume: true, split: true, offline: false },
      leaseEngine(execution, run, { ledger, runtime: world.runtime }),
    )
  const phases = async () => (await getRun(ledger, run.id)).phases!.map(({ phase, at }) => [phase, (at - start) / hour])
  return { ledger, state, resume, phases }
}

describe('a run that is taken up again', () => {
  it('was at work until its last checkpoint, where its execution ended without a word', async () => {
    const { ledger, state, resume, phases } = await setUp({})
    await resume('arn:run:two')
    expect(await phases()).toEqual([
      ['Copy', 0],
      ['Interrupted', 1],
      ['Lease', 11],
    ])
    const run = notePhase(notePhase(await getRun(ledger, 'run00001'), 'Copy', state.now), 'Drain', state.now + hour)
    expect(passMs('copy', run, state.now + hour)).toBe(2 * hour)
    expect(workedMs(run, state.now + hour)).toBe(2 * hour)
  })

  it('was at work until it halted, where it did', async () => {
    const { resume, phases } = await setUp({
      state: 'stopped',
      because: 'halted',
      phases: [
        { phase: 'Copy', at: start },
        { phase: 'Halted', at: start + 2 * hour },
      ],
    })
    await resume('arn:run:two')
    expect(await phases()).toEqual([
      ['Copy', 0],
      ['Halted', 2],
      ['Lease', 11],
    ])
  })

  it('is taken up once, however late the request is delivered again', async () => {
    const { ledger, state, resume } = await setUp({})
    await resume('arn:run:two')
    const before = await getRun(ledger, 'run00001')
    state.now += hour
    await resume('arn:run:two')
    expect(await getRun(ledger, 'run00001')).toEqual(before)
    expect((await readControl(ledger, 'run00001')).fence).toBe(2)
  })
})

describe('a run that is verified every night for half a year', () => {
  const nights = 180
  const note = (run: RunRecord, phases: Phase[], from: number) =>
    phases.reduce((before, phase, index) => notePhase(before, phase, from + index * hour), run)
  let run = note(aRun({ startedAt: start }), ['Copy', 'Drain', 'Finished'], start)
  for (let night = 1; night <= nights; night++)
    run = note(run, ['Lease', 'Verify', 'Orphans', 'Finished'], start + night * day)

  it('keeps its copy, the last verifications, and no stay that lasted over what is left out', () => {
    expect(run.phases!.length).toBeLessThanOrEqual(200)
    expect(run.phases!.at(-1)).toEqual({ phase: 'Finished', at: start + nights * day + 3 * hour })
    const times = phaseTimes(run)
    expect(times.slice(0, 4).map(({ phase }) => phase)).toEqual(['Lease', 'Copy', 'Drain', 'Finished'])
    expect(Math.max(...times.map(({ ms = 0 }) => ms))).toBe(hour)
  })

  it('was copying for as long as it was', () => {
    expect(passMs('copy', run, start + 181 * day)).toBe(hour)
  })
})

it('a run that halts again and again remembers the latest of it', () => {
  let run = aRun({ startedAt: start })
  for (let hours = 0; hours < 500; hours += 5)
    run = (['Lease', 'Copy', 'Halted'] as const).reduce(
      (before, phase, index) => notePhase(before, phase, start + (hours + index) * hour),
      run,
    )
  run = notePhase(run, 'Finished', start + 500 * hour)
  expect(run.phases!.length).toBeLessThanOrEqual(200)
  expect(run.phases!.slice(-2).map(({ phase }) => phase)).toEqual(['Halted', 'Finished'])
  expect(Math.max(...phaseTimes(run).map(({ ms = 0 }) => ms))).toBe(hour)
})
