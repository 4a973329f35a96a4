import { describe, expect, test } from 'vitest'
import { runCli } from '../../../cli/program.ts'
import { changeControl, readControl } from '../../../shared/ledger/control.ts'
import { type RunRecord, updateRun } from '../../../shared/ledger/runs.ts'
import { aRun, aSegment, memoryTerminal, memoryWorld, start, store } from './fixtures.ts'

async function setUp(run: Partial<RunRecord> = {}, sliceSeconds = 900) {
  const memory = memoryWorld()
  const output = memoryTerminal()
  const using = { read: 12.5, write: 120, waitsFor: 'write' as const }
  const working = aSegment(0, 10, { slices: 1, deadline: start + 900_000, updatedAt: start + 60_000, using })
  await store(memory.ledger, aRun({ budgetFence: 1, ...run }), [working, aSegment(1, 0)], {
    held: run.state === undefined,
  })
  const world = {
    ...memory.world,
    deployment: { ...memory.world.deployment, options: { concurrency: 40, sliceSeconds } },
  }
  const segue = (...args: string[]) => runCli(args, { open: async () => world, terminal: output.terminal })
  const control = () => readControl(memory.ledger, 'run00001')
  return { ...memory, ...output, world, segue, control }
}

const said = 'Last command: throttle by alice, 2026-11-21T01:01:00Z (0s ago): the shift begins (version 1)'

describe('segue throttle', () => {
  test('limits what the run takes, says so, and shows it with its reason', async () => {
    const { segue, lines, control } = await setUp()
    expect(await segue('throttle', '--write-units', '500', '--reason', 'the shift begins')).toBe(0)
    expect(lines).toEqual([
      'The passes of run run00001 take at most 500 write units a second, within 10 seconds and until somebody says otherwise. Live changes are not limited.',
      said,
    ])
    expect(await control()).toMatchObject({ command: 'run', budget: { writeUnits: 500, by: 'alice' } })
    lines.length = 0
    await segue('status')
    expect(lines).toContain('Waiting     for budget: 120 of 500 write units a second')
    expect(lines).toContain('Budget      500 write units a second; by alice, 0s ago: the shift begins')
    lines.length = 0
    await segue('status', '--json')
    expect(JSON.parse(lines.join(''))).toMatchObject({
      waiting: 'for budget: 120 of 500 write units a second',
      budget: {
        ...{ readUnits: null, writeUnits: 500, by: 'alice', why: 'the shift begins', waiting: 1, sharedBy: null },
        using: { readUnits: 13, writeUnits: 120 },
      },
    })
  })

  test('changes one limit and leaves the other; --off lifts both', async () => {
    const { segue, control, lines } = await setUp()
    await segue('throttle', '--write-units', '500', '--read-units', '300')
    await segue('throttle', '--write-units', '250')
    expect((await control()).budget).toMatchObject({ readUnits: 300, writeUnits: 250 })
    lines.length = 0
    expect(await segue('throttle', '--off')).toBe(0)
    expect(lines[0]).toBe('The passes of run run00001 are not limited.')
    expect(await control()).not.toHaveProperty('budget')
  })

  test('leaves a pause as it is, and a run that was aborted', async () => {
    const { segue, control } = await setUp()
    await segue('pause')
    await segue('throttle', '--write-units', '500')
    expect(await control()).toMatchObject({ command: 'pause', budget: { writeUnits: 500 }, version: 2 })
  })

  test('forgets how many slices were counted: the count holds for nobody who knows of it', async () => {
    const { segue, control, ledger } = await setUp()
    const counted = { pass: 'copy' as const, fence: 1, slices: 1, at: start }
    await changeControl(ledger, 'run00001', (before) => ({ ...before, counted }))
    await segue('throttle', '--write-units', '500')
    expect(await control()).not.toHaveProperty('counted')
  })

  test('is refused of a run that has finished, and with too little for a slice to come past the largest item', async () => {
    const finished = await setUp({ state: 'finished' })
    expect(await finished.segue('throttle', '--off')).toBe(2)
    expect(finished.errors.join()).toContain('there is nothing to throttle')
    const many = await setUp()
    expect(await many.segue('throttle', '--write-units', '39')).toBe(2)
    expect(many.errors.join()).toContain('Expected at least 40 units a second, 1 for each slice of run run00001.')
    const few = await setUp({ concurrency: 10 })
    expect(await few.segue('throttle', '--write-units', '10')).toBe(0)
    const short = await setUp({ concurrency: 10 }, 60)
    expect(await short.segue('throttle', '--write-units', '79')).toBe(2)
    expect(short.errors.join()).toContain('Expected at least 80 units a second, 8 for each slice of run run00001.')
    expect(await short.segue('throttle', '--write-units', '80')).toBe(0)
  })

  test('judges a budget by the slices of whoever resumes the run in the same instant', async () => {
    const { segue, ledger, control, world, errors } = await setUp({ concurrency: 10 })
    const { identity } = world
    world.identity = async () => {
      await updateRun(ledger, 'run00001', ({ concurrency: _, ...run }) => ({ ...run, fence: 3, budgetFence: 3 }))
      await changeControl(ledger, 'run00001', (before) => ({ ...before, fence: 3 }))
      return identity()
    }
    expect(await segue('throttle', '--write-units', '10')).toBe(2)
    expect(errors.join()).toContain('Expected at least 40 units a second')
    expect(await control()).not.toHaveProperty('budget')
  })

  test('is refused while functions of an earlier version drive the run, and says how to get past that', async () => {
    // Begun by an earlier version; and resumed by one, which keeps what it does not know.
    for (const budgetFence of [0, 1]) {
      const { segue, errors, control } = await setUp({ fence: 3, budgetFence })
      expect(await segue('throttle', '--write-units', '500')).toBe(2)
      expect(errors.join()).toContain('Pause it (`segue pause`), deploy this version where it is not, resume it')
      expect(await control()).not.toHaveProperty('budget')
      expect(await segue('throttle', '--off')).toBe(0)
    }
    const paused = await setUp({ state: 'stopped', because: 'paused', fence: 3 })
    expect(await paused.segue('throttle', '--write-units', '500')).toBe(0)
  })

  test('is refused where somebody else has just acted, naming them, unless it acts on top of that', async () => {
    const { segue, errors, lines, state } = await setUp()
    await segue('pause', '--reason', 'the backup runs')
    state.identity = 'bob'
    expect(await segue('throttle', '--write-units', '500')).toBe(8)
    expect(errors.join()).toContain('the backup runs (version 1)')
    lines.length = 0
    expect(await segue('throttle', '--write-units', '500', '--json')).toBe(8)
    expect(JSON.parse(lines[0]!)).toEqual({ refused: expect.stringContaining('alice') })
    expect(await segue('throttle', '--write-units', '500', '--over', '1')).toBe(0)
  })

  test.each([[[]], [['--off', '--read-units', '500']], [['--read-units', '0']], [['--write-units', '1.5']]])(
    'is wrong with %j',
    async (flags) => {
      const { segue, control } = await setUp()
      expect(await segue('throttle', ...flags)).not.toBe(0)
      expect(await control()).not.toHaveProperty('budget')
    },
  )
})

describe('--concurrency', () => {
  test('begins or resumes a run with fewer slices than are deployed, and never with more', async () => {
    const { segue, started, errors } = await setUp({ state: 'stopped', because: 'paused' })
    expect(await segue('resume', '--concurrency', '10', '--json')).toBe(0)
    expect(started).toEqual([{ resume: true, concurrency: 10 }])
    expect(await segue('resume', '--concurrency', '41')).toBe(2)
    expect(errors.join()).toContain('expected at most 40, as many as are deployed, got 41')
  })
})
