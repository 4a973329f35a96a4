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
  return { ...memory, ...output, segue, command: async () => (await readControl(memory.ledger, 'run00001')).command }
}

const minuteOne = '2026-11-21T01:01:00Z'
const place = 'in stack Night (account 000000000000, region us-east-1)'

describe('segue pause', () => {
  test('says what happens to the run, to live changes, and how to continue', async () => {
    const { segue, lines, command } = await setUp()
    expect(await segue('pause')).toBe(0)
    expect(await command()).toBe('pause')
    expect(lines).toEqual([
      'Run run00001 is told to pause. No write of it begins later than 10 seconds from now; its execution ends within a minute or two (segue watch).',
      'Live changes continue to be applied. Nothing is lost, however long the pause. Continue with: segue resume',
      `Last command: pause by alice, ${minuteOne} (0s ago): no reason given (version 1)`,
    ])
  })

  test('tells whoever pauses a run that is being aborted whose command outranks theirs', async () => {
    const { segue, lines, state } = await setUp()
    await segue('abort', '--yes', '--reason', 'wrong table')
    state.identity = 'bob'
    lines.length = 0
    expect(await segue('pause')).toBe(0)
    expect(lines).toEqual([
      'Run run00001 is told to abort, which outranks a pause: nothing changes.',
      `Last command: abort by alice, ${minuteOne} (0s ago): wrong table (version 1)`,
    ])
  })

  test('is one object for a script, also where it is refused', async () => {
    const running = await setUp()
    expect(await running.segue('pause', '--json')).toBe(0)
    const at = '2026-11-21T01:01:00.000Z'
    const lastCommand = { version: 1, command: 'pause', by: 'alice', at, why: null }
    expect(JSON.parse(running.lines[0]!)).toEqual({ run: 'run00001', command: 'pause', pauseAt: null, lastCommand })
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
      `Last command: abort by alice, ${minuteOne} (0s ago): no reason given (version 1)`,
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

describe('two people', () => {
  const stopped = { state: 'stopped', because: 'paused', phase: 'Copy', planned: false, reason: 'no' } as const

  test('the second is told of the first by exit code 8, and may act over it', async () => {
    const { segue, state, errors, started, views } = await setUp(stopped)
    views['arn:run:new'] = { status: 'running' }
    await segue('pause', '--reason', 'the backup runs')
    state.identity = 'bob'
    expect(await segue('resume')).toBe(8)
    expect(await segue('run', '--resume')).toBe(8)
    expect(errors[0]).toBe(
      `The run was refused (somebody-acted): Somebody else acted within the last five minutes: pause by alice, ${minuteOne} (0s ago): the backup runs (version 1). Talk to them first; to act on top of it: --over 1.`,
    )
    expect(started).toEqual([])
    expect(await segue('resume', '--over', '1', '--reason', 'she said so')).toBe(0)
    expect(started).toEqual([{ resume: true }])
  })

  test.each([
    ['resume', '--over', 'one'],
    ['run', '--over', '1'],
  ])('a flag that means nothing is refused: segue %s %s %s', async (...args) => {
    const { segue, started } = await setUp(stopped)
    expect(await segue(...args)).toBe(2)
    expect(started).toEqual([])
  })

  test('status and watch show who gave the last command, when and why, in their JSON too', async () => {
    const { segue, lines, state, meanwhile } = await setUp()
    await segue('pause', '--reason', 'the backup\u001b[2J runs')
    state.identity = 'bob'
    state.now += 120_000
    const words = `pause by alice, ${minuteOne} (2m 0s ago): the backup\\u{1b}[2J runs (version 1)`
    await segue('status')
    expect(lines).toContain(`Command     ${words}`)
    lines.length = 0
    await segue('status', '--json')
    expect(JSON.parse(lines[0]!).lastCommand).toMatchObject({ version: 1, command: 'pause', by: 'alice' })
    lines.length = 0
    meanwhile.push(() => Promise.reject(new Error('enough')))
    await segue('watch')
    expect(lines).toContain(`last command: ${words}`)
  })
})
