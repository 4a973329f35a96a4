import { describe, expect, it } from 'vitest'
import { runCli } from '../../../cli/program.ts'
import { type ChunkRecord, listChunks } from '../../../shared/ledger/chunks.ts'
import type { Phase } from '../../../shared/ledger/passes.ts'
import { getRun, type RunRecord } from '../../../shared/ledger/runs.ts'
import { checkPass } from '../../../shared/phases/check-pass.ts'
import { finishRun } from '../../../shared/phases/finish.ts'
import { takeLease } from '../../../shared/phases/lease.ts'
import { planPass } from '../../../shared/phases/plan-pass.ts'
import { counted } from '../../../shared/runtime/text.ts'
import { aRun, aSegment, aWalk, memoryTerminal, memoryWorld, start, store } from '../cli/fixtures.ts'
import { leaseEngine } from './lease-engine.ts'

const copied = [aSegment(0, 600, { state: 'done' }), aSegment(1, 400, { state: 'done' })]
const entered = (...names: Phase[]) => names.map((phase, n) => ({ phase, at: start + n * 1_000 }))
const task = { run: 'run00001', fence: 1 }

const finished: Partial<RunRecord> = {
  state: 'finished',
  phase: 'Finished',
  endedAt: start + 5_000,
  verification: { number: 1, ended: true },
  phases: entered('Copy', 'Verify', 'Orphans', 'Finished'),
}

/** A run of which only these chunk rows are left. */
async function setUp(change: Partial<RunRecord>, left: ChunkRecord[]) {
  const { ledger, world, views } = memoryWorld()
  const run = aRun(change)
  await store(ledger, run, left, { held: false })
  views['arn:run:one'] = { status: 'ended', ended: 'SUCCEEDED' }
  const { terminal, lines, errors } = memoryTerminal()
  const segue = (...args: string[]) => runCli(args, { open: async () => world, terminal })
  return { ledger, run, world, engine: { ledger, runtime: world.runtime }, segue, lines, errors }
}

describe('a finished run whose rows have expired', () => {
  it.each([
    ['all', []],
    ['those of the verification', copied],
    ['those of the walk over the destination', [...copied, ...aWalk('verify.1', { read: 1_000 })]],
  ] as const)('says that its verification is not known, where %s have gone', async (_, left) => {
    for (const command of ['status', 'watch']) {
      const { segue, lines } = await setUp(finished, [...left])
      expect(await segue(command), command).toBe(2)
      expect(lines.at(-1)).toBe(
        'The result of the last verification is no longer known. Verify again with: segue verify --wait',
      )
      expect(lines.join('\n')).not.toMatch(/no differences|\b0 items/)
    }
  })

  it('has no differences to tell or to repair', async () => {
    for (const command of [['diff'], ['repair', '--dry-run']]) {
      const { segue, errors } = await setUp(finished, [])
      expect(await segue(...command)).toBe(2)
      expect(errors).toEqual([
        'The result of the last verification is no longer known. Verify again with: segue verify --wait',
      ])
    }
  })

  it('tells programs so', async () => {
    const { segue, lines } = await setUp(finished, [])
    await segue('status', '--json')
    expect(JSON.parse(lines[0]!)).toMatchObject({ verdict: 'finished', found: null })
  })

  it('is verified again without its copy, and then is known', async () => {
    const again: Partial<RunRecord> = {
      task: { kind: 'verify', state: 'running' },
      phase: 'Orphans',
      verification: { number: 2, ended: false },
      phases: [...finished.phases!, ...entered('Lease', 'Verify', 'Orphans')],
    }
    const walks = [...aWalk('verify.2', { read: 1, migrated: 1, produced: 1, present: 1 }), ...aWalk('orphans.2', {})]
    const { engine, segue, lines } = await setUp({ ...finished, ...again }, walks)
    expect(await finishRun(task, engine)).toMatchObject({ outcome: 'finished', differences: 0 })
    expect(await segue('status')).toBe(0)
    expect(lines.slice(-2)).toEqual([
      'Run run00001 finished: its counts are no longer known, since the ledger keeps them for 60 days.',
      'Verified: no differences.',
    ])
  })
})

describe('a run that never finished and whose rows have expired', () => {
  const halted: Partial<RunRecord> = {
    state: 'stopped',
    because: 'halted',
    reason: 'no',
    phases: entered('Copy', 'Halted'),
  }
  const words = 'Turn live changes off (`segue capture off`), empty beta and start a new run.'

  it.each([
    ['all', []],
    ['some', [copied[0]!]],
  ] as const)('is not resumed, where %s have gone', async (_, left) => {
    const { ledger, run, world, segue, lines } = await setUp(halted, [...left])
    const resumed = takeLease(
      'arn:run:two',
      { resume: true, split: true, offline: false },
      leaseEngine('arn:run:two', run, { ledger, runtime: world.runtime }),
    )
    await expect(resumed).rejects.toMatchObject({ code: 'not-covered', message: expect.stringContaining(words) })
    expect(await segue('plan', '--resume')).toBe(2)
    expect(lines.at(-1)).toContain(
      `Would be refused (not-covered): The copy of run run00001 has lost the rows of ${counted(2 - left.length, 'chunk')}`,
    )
  })

  it('is not planned again: it halts instead', async () => {
    const { ledger, engine } = await setUp({ ...halted, state: 'running' }, [copied[0]!])
    const written: object[] = []
    const manifests = {
      write: async (key: string, items: readonly object[]) => {
        written.push(...items)
        return { bucket: 'b', key }
      },
    }
    await planPass({ ...task, kind: 'copy' }, { ...engine, manifests })
    expect(written).toEqual([])
    expect(await listChunks(ledger, 'run00001', 'copy')).toHaveLength(1)
    expect(await checkPass({ ...task, kind: 'copy' }, engine)).toMatchObject({
      error: 'not-covered',
      cause: expect.stringContaining(words),
    })
    expect(await getRun(ledger, 'run00001')).toMatchObject({ state: 'stopped', because: 'halted' })
  })
})
