import { describe, expect, it } from 'vitest'
import { runCli } from '../../../cli/program.ts'
import type { Phase } from '../../../shared/ledger/passes.ts'
import { getRun, type RunRecord } from '../../../shared/ledger/runs.ts'
import { takeLease } from '../../../shared/phases/lease.ts'
import { aRun, aSegment, memoryTerminal, memoryWorld, start, store } from '../cli/fixtures.ts'
import { leaseEngine } from './lease-engine.ts'

const entered = (...names: Phase[]) => names.map((phase, n) => ({ phase, at: start + n * 1_000 }))
const once = entered('Copy', 'Drain', 'Settle', 'Verify', 'Orphans', 'Finished', 'Lease')

/** A run that finished, and of which one later verification or repair halted. */
const halted = { state: 'stopped', because: 'halted' } as const
const stopped = {
  verifying: {
    task: { kind: 'verify', ...halted },
    phase: 'Verify',
    verification: { number: 2, ended: false },
    phases: [...once, ...entered('Verify')],
  },
  repairing: {
    task: { kind: 'repair', ...halted },
    phase: 'Repair',
    verification: { number: 1, ended: true },
    phases: [...once, ...entered('Repair')],
  },
} satisfies Record<string, Partial<RunRecord>>

async function setUp(change: Partial<RunRecord>) {
  const { ledger, world, views } = memoryWorld()
  const run = aRun({ state: 'finished', reason: 'a chunk failed', endedAt: start + 9_000, ...change })
  await store(ledger, run, [aSegment(0, 1), aSegment(1, 1)], { held: run.task?.state === 'running' })
  const ask = (request: object) =>
    takeLease(
      'arn:run:two',
      { resume: false, split: true, offline: false, ...request },
      leaseEngine('arn:run:two', run, { ledger, runtime: world.runtime }),
    )
  const { terminal, lines, errors } = memoryTerminal()
  const segue = (...args: string[]) => runCli(args, { open: async () => world, terminal })
  return { ledger, ask, segue, lines, errors, views }
}

describe('a run that has finished once', () => {
  it.each(['verifying', 'repairing'] as const)('is verified again after %s it has halted', async (what) => {
    const { ledger, ask } = await setUp(stopped[what])
    expect(await ask({ only: 'verify' })).toMatchObject({ outcome: 'held', run: 'run00001', only: 'verify' })
    expect(await getRun(ledger, 'run00001')).toMatchObject({
      ...{ state: 'finished', phase: 'Lease', task: { kind: 'verify', state: 'running' } },
    })
  })

  it('is verified again after its verification was stopped from the console', async () => {
    const { ask } = await setUp({ ...stopped.verifying, task: { kind: 'verify', state: 'running' } })
    expect(await ask({ only: 'verify' })).toMatchObject({ outcome: 'held', run: 'run00001' })
  })

  it('is repaired again after a repair that halted, and not by half a verification', async () => {
    expect(await (await setUp(stopped.repairing)).ask({ only: 'repair' })).toMatchObject({ outcome: 'held' })
    await expect((await setUp(stopped.verifying)).ask({ only: 'repair' })).rejects.toMatchObject({
      code: 'nothing-to-verify',
      message: expect.stringContaining('`segue verify` first'),
    })
  })

  it.each(['verifying', 'repairing'] as const)('is not copied again after %s it has halted', async (what) => {
    const { ask } = await setUp(stopped[what])
    await expect(ask({ resume: true })).rejects.toMatchObject({
      code: 'nothing-to-resume',
      message: expect.stringContaining('`segue verify`'),
    })
  })

  it.each([
    ['verifying', 'segue verify'],
    ['repairing', 'segue repair'],
  ] as const)('says after %s it has halted how to go on', async (what, command) => {
    const { segue, lines, views } = await setUp(stopped[what])
    expect(await segue('status')).toBe(3)
    expect(lines.at(-1)).toBe(`Continue from its checkpoints with: ${command}`)
    const running = await setUp({ ...stopped[what], task: { ...stopped[what].task, state: 'running' } })
    running.views['arn:run:one'] = views['arn:run:one'] = { status: 'ended', ended: 'ABORTED' }
    expect(await running.segue('status')).toBe(3)
    expect(running.lines.at(-1)).toBe(`Continue from its checkpoints with: ${command}`)
  })

  it('is repaired again where the repair has stopped before its own phase', async () => {
    const { segue, lines } = await setUp({ ...stopped.repairing, phase: 'Lease', phases: entered('Finished', 'Lease') })
    expect(await segue('status')).toBe(3)
    expect(lines.at(-1)).toBe('Continue from its checkpoints with: segue repair')
  })

  it('is no run of which resuming turns live changes on again', async () => {
    const { segue, lines } = await setUp(stopped.verifying)
    await segue('capture', 'off', '--dry-run')
    expect(lines.at(-1)).toContain('Only a new run, into an empty beta, turns them on again')
  })
})

describe('a run that has not finished', () => {
  const copying = { ...halted, phase: 'Copy' as const, phases: entered('Lease', 'Copy') }

  it('is neither verified nor repaired, but resumed', async () => {
    const { ask, segue, lines } = await setUp(copying)
    for (const only of ['verify', 'repair'])
      await expect(ask({ only })).rejects.toMatchObject({ code: 'nothing-to-verify' })
    await segue('status')
    expect(lines.at(-1)).toBe('Continue from its checkpoints with: segue run --resume')
    expect(await ask({ resume: true })).toMatchObject({ outcome: 'held', run: 'run00001' })
  })
})
