import { describe, expect, test } from 'vitest'
import { runCli } from '../../../cli/program.ts'
import { readControl } from '../../../shared/ledger/control.ts'
import type { RunRecord } from '../../../shared/ledger/runs.ts'
import { aRun, memoryTerminal, memoryWorld, store } from './fixtures.ts'

async function setUp(run: Partial<RunRecord> = {}) {
  const memory = memoryWorld()
  const output = memoryTerminal()
  await store(memory.ledger, aRun(run), [], { held: run.state === undefined })
  const segue = (...args: string[]) => runCli(args, { open: async () => memory.world, terminal: output.terminal })
  return { ...output, segue, command: async () => (await readControl(memory.ledger, 'run00001')).command }
}

const place = 'in stack Night (account 000000000000, region us-east-1)'

describe('segue pause', () => {
  test('says what happens to the run, to live changes, and how to continue', async () => {
    const { segue, lines, command } = await setUp()
    expect(await segue('pause')).toBe(0)
    expect(await command()).toBe('pause')
    expect(lines).toEqual([
      'Run run00001 is told to pause. No write of it begins later than 10 seconds from now; its execution ends within a minute or two (segue watch).',
      'Live changes continue to be applied. Nothing is lost, however long the pause. Continue with: segue resume',
    ])
  })

  test('is one object for a script, also where it is refused', async () => {
    const running = await setUp()
    expect(await running.segue('pause', '--json')).toBe(0)
    expect(JSON.parse(running.lines[0]!)).toEqual({ run: 'run00001', command: 'pause' })
    const finished = await setUp({ state: 'finished' })
    expect(await finished.segue('pause', '--json')).toBe(2)
    expect(JSON.parse(finished.lines[0]!)).toEqual({ refused: expect.stringContaining('has finished') })
  })
})

describe('segue abort', () => {
  test('says what it does, and asks', async () => {
    const { segue, lines, command } = await setUp()
    expect(await segue('abort', '--yes')).toBe(0)
    expect(await command()).toBe('abort')
    expect(lines).toEqual([
      `Aborts run run00001 from alpha to beta, ${place}`,
      'Within 10 seconds nothing of it begins a write any more, live changes included. Its checkpoints stay.',
      'The stream keeps changes of alpha for 24 hours: a resume within 23 hours loses nothing (segue resume).',
      'Run run00001 is told to abort. It is aborted once nothing of it can be under way any more: in about nine minutes, or seventeen if it was settling or repairing (segue watch).',
    ])
  })

  test('changes nothing without a yes, nor with --dry-run', async () => {
    const { segue, lines, command } = await setUp()
    expect(await segue('abort')).toBe(2)
    expect(await segue('abort', '--dry-run')).toBe(0)
    expect(lines[0]).toBe(`Would abort run run00001 from alpha to beta, ${place}`)
    expect(await command()).toBe('run')
  })

  test('is refused of a run that has finished', async () => {
    const { segue, errors } = await setUp({ state: 'finished' })
    expect(await segue('abort', '--yes')).toBe(2)
    expect(errors.join()).toContain('its live changes continue. To stop them: `segue capture off`')
  })
})
