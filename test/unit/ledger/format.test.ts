import { describe, expect, it } from 'vitest'
import { leasePk, runPk } from '../../../shared/ledger/keys.ts'
import { readLease } from '../../../shared/ledger/lease.ts'
import { getRun, updateRun } from '../../../shared/ledger/runs.ts'
import type { LedgerTable, Row } from '../../../shared/ledger/table.ts'
import { takeLease } from '../../../shared/phases/lease.ts'
import { nothingBeside } from '../../../shared/phases/preflight/operations.ts'
import { preflight } from '../../../shared/phases/preflight.ts'
import { orRefused } from '../../../shared/phases/refusal.ts'
import { aRun, store } from '../cli/fixtures.ts'
import { done, finished, setUp } from '../cli/set-up.ts'
import { leaseEngine } from '../phases/lease-engine.ts'

const request = { resume: false, split: true, offline: true }
const doors = [
  [leasePk('beta'), 'LEASE'],
  [runPk('run00001'), 'RUN'],
] as const

async function withRun() {
  const memory = setUp()
  await store(memory.ledger, aRun(finished), done, { held: false })
  return memory
}

/** Stores the two rows again with this format; without one, as they were before there was a number. */
async function reformat(ledger: LedgerTable, format?: number): Promise<void> {
  for (const [pk, sk] of doors) {
    const { format: _, ...row } = (await ledger.get(pk, sk)) as Row
    await ledger.commit([{ row: { ...row, ...(format !== undefined && { format }) } as Row, expect: 'any' }])
  }
}

describe('the format of a ledger', () => {
  it('is on the rows of the lease and of each run', async () => {
    const { ledger } = await withRun()
    for (const [pk, sk] of doors) expect(await ledger.get(pk, sk)).toMatchObject({ format: 2 })
  })

  it('is no part of what they say', async () => {
    const { ledger } = await withRun()
    expect(await getRun(ledger, 'run00001')).not.toHaveProperty('format')
    expect(await readLease(ledger, 'beta')).not.toHaveProperty('format')
  })

  it('is 1 where there is no number, and is noted with the next change', async () => {
    const { ledger, segue, lines } = await withRun()
    await reformat(ledger)
    expect(await segue('status')).toBe(0)
    expect(lines.join('\n')).toContain('run00001')
    await updateRun(ledger, 'run00001', (run) => ({ ...run, planned: true }))
    expect(await ledger.get(runPk('run00001'), 'RUN')).toMatchObject({ format: 2 })
  })

  it.each([
    ['running', ['Copy'], { state: 'running' }],
    ['halted', ['Copy', 'Halted'], { state: 'stopped', because: 'halted' }],
    ['finished', ['Copy', 'Finished'], { state: 'finished' }],
    ['running', ['Copy', 'Finished', 'Repair'], { state: 'finished', task: { kind: 'repair', state: 'running' } }],
    [
      'halted',
      ['Copy', 'Finished', 'Verify'],
      { state: 'finished', task: { kind: 'verify', state: 'stopped', because: 'halted' } },
    ],
  ])('1 said %s after %j of what is said differently since', async (state, phases, now) => {
    const { ledger } = await withRun()
    await reformat(ledger)
    const row = (await ledger.get(runPk('run00001'), 'RUN')) as Row
    const entries = phases.map((phase, at) => ({ phase, at }))
    await ledger.commit([{ row: { ...row, state, phase: phases.at(-1)!, phases: entries }, expect: 'any' }])
    const { state: then, because, task } = await getRun(ledger, 'run00001')
    expect({ state: then, ...(because && { because }), ...(task && { task }) }).toEqual(now)
  })

  describe('that another version of Segue wrote', () => {
    const refused = { outcome: 'refused', error: 'other-format', cause: expect.stringContaining('format 3') }

    it('is refused by preflight before anything is written', async () => {
      const { ledger, world } = await withRun()
      await reformat(ledger, 3)
      const engine = {
        describe: world.describeTable,
        open: world.openTable,
        options: { sourceTable: 'alpha', destinationTable: 'beta' } as never,
        ledger,
        ...{ stream: undefined, mapping: undefined, operations: nothingBeside },
        runtime: world.runtime,
      }
      expect(await orRefused(() => preflight(request, engine))).toEqual(refused)
    })

    it('is refused by the lease, which stays as it was', async () => {
      const { ledger, world } = await withRun()
      await reformat(ledger, 3)
      const before = await ledger.get(...doors[0])
      const engine = leaseEngine('arn:run:new', aRun(), { ledger, runtime: world.runtime })
      expect(await orRefused(() => takeLease('arn:run:new', request, engine))).toEqual(refused)
      expect(await ledger.get(...doors[0])).toEqual(before)
    })

    it.each([['status'], ['watch'], ['report'], ['diff'], ['verify'], ['quarantine', 'list']])(
      'is refused by segue %s %s, with what to do',
      async (...command) => {
        const { ledger, segue, errors, lines } = await withRun()
        await reformat(ledger, 3)
        expect(await segue(...command)).toBe(2)
        expect([...errors, ...lines].join('\n')).toMatch(
          /format 3.* reads format 2.*Use the version of Segue that wrote it/,
        )
      },
    )
  })
})
