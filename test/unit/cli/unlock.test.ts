import { describe, expect, test } from 'vitest'
import { runCli } from '../../../cli/program.ts'
import { readLease } from '../../../shared/ledger/lease.ts'
import { aRun, aSegment, memoryTerminal, memoryWorld, store } from './fixtures.ts'

const words = 'Run run00001 holds beta since 2026-11-21T01:00:00Z, fence 1; its owner is execution arn:run:one'

async function setUp(status: 'running' | 'ended', answer?: string) {
  const memory = memoryWorld()
  const output = memoryTerminal(false, answer)
  await store(memory.ledger, aRun(), [aSegment(0, 1), aSegment(1, 1)])
  memory.views['arn:run:one'] = status === 'ended' ? { status, ended: 'ABORTED' } : { status }
  const segue = (...args: string[]) => runCli(args, { open: async () => memory.world, terminal: output.terminal })
  return { ...memory, ...output, segue }
}

describe('segue unlock', () => {
  test('refuses while the owner runs, naming it', async () => {
    const { segue, errors } = await setUp('running')
    expect(await segue('unlock')).toBe(2)
    expect(errors[0]).toContain(`${words}, which runs.`)
  })

  test('frees the lock of an owner that has ended, and says how to continue', async () => {
    const { segue, lines } = await setUp('ended')
    await segue('status')
    expect(lines).toContain(
      'Lock        held since 2026-11-21T01:00:00Z, fence 1; its owner was that execution, which has ended; free it with: segue unlock',
    )
    lines.length = 0
    expect(await segue('unlock', '--dry-run')).toBe(0)
    expect(lines).toEqual([`${words}, which has ended. Would free its lock.`])
    lines.length = 0
    expect(await segue('unlock')).toBe(0)
    expect(lines).toEqual([
      'The lock on beta is free. Nothing that its owner left behind begins a write later than 10 seconds from now; live changes are as before.',
      'Continue run run00001 from its checkpoints with: segue resume',
    ])
    expect(await segue('unlock', '--json')).toBe(0)
    expect(JSON.parse(lines.at(-1)!)).toEqual({ run: null, execution: null, does: 'nothing', freed: false })
  })

  test('asks before it stops an execution', async () => {
    const asked = await setUp('running', 'no')
    expect(await asked.segue('unlock', '--stop-owner')).toBe(2)
    expect(asked.state.stopped).toEqual([])
    expect(await asked.segue('unlock', '--stop-owner', '--yes', '--json')).toBe(0)
    expect(asked.state.stopped).toEqual(['arn:run:one'])
    expect(JSON.parse(asked.lines.at(-1)!)).toEqual({
      ...{ run: 'run00001', execution: 'arn:run:one', does: 'stop', freed: true },
    })
  })

  test.each(['free', 'stop'])('ends with 8 if somebody else has just acted, and says who: %s', async (does) => {
    const { segue, lines, errors, state, ledger } = await setUp(does === 'free' ? 'ended' : 'running')
    await segue('pause', '--reason', 'the backup runs')
    state.identity = 'bob'
    lines.length = 0
    expect(await segue('unlock', '--stop-owner', '--yes')).toBe(8)
    expect(errors[0]).toMatch(/^Somebody else acted .* pause by alice, .*: the backup runs \(version 1\).* --over 1\.$/)
    lines.length = 0
    expect(await segue('unlock', '--stop-owner', '--yes', '--json')).toBe(8)
    expect(lines.map((line) => JSON.parse(line))).toEqual([{ refused: expect.stringContaining('pause by alice') }])
    expect(state.stopped).toEqual([])
    expect(await readLease(ledger, 'beta')).toMatchObject({ held: true })
    expect(await segue('unlock', '--stop-owner', '--yes', '--over', '1')).toBe(0)
  })

  test('is one object for a script where the owner runs, too', async () => {
    const { segue, lines } = await setUp('running')
    expect(await segue('unlock', '--json')).toBe(2)
    expect(JSON.parse(lines[0]!)).toEqual({ refused: expect.stringContaining(`${words}, which runs.`) })
  })

  test('stops no execution but the one that it has shown', async () => {
    const { segue, errors, state, ledger, terminal } = await setUp('running', 'yes')
    const { ask } = terminal
    terminal.ask = async (question) => {
      const row = (await ledger.get('LEASE#beta', 'LEASE'))!
      await ledger.commit([{ row: { ...row, execution: 'arn:run:two', fence: 2 }, expect: 'any' }])
      return ask!(question)
    }
    expect(await segue('unlock', '--stop-owner')).toBe(2)
    expect(errors[0]).toContain('its owner is execution arn:run:two')
    expect(state.stopped).toEqual([])
  })

  test('says that the lock is free where it has become free meanwhile', async () => {
    const { segue, lines, state, ledger, terminal } = await setUp('running', 'yes')
    const { ask } = terminal
    terminal.ask = async (question) => {
      const row = (await ledger.get('LEASE#beta', 'LEASE'))!
      await ledger.commit([{ row: { ...row, held: false, fence: 2 }, expect: 'any' }])
      return ask!(question)
    }
    expect(await segue('unlock', '--stop-owner')).toBe(0)
    expect(lines.at(-1)).toBe('Nobody holds beta: its lock is free.')
    expect(state.stopped).toEqual([])
  })

  test('changes nothing with --dry-run', async () => {
    const { segue, lines, state } = await setUp('running')
    expect(await segue('unlock', '--stop-owner', '--dry-run')).toBe(0)
    expect(lines[1]).toMatch(/^Would stop that execution, and then free the lock\./)
    expect(state.stopped).toEqual([])
  })
})
