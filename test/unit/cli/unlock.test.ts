import { describe, expect, test } from 'vitest'
import { runCli } from '../../../cli/program.ts'
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

  test('changes nothing with --dry-run', async () => {
    const { segue, lines, state } = await setUp('running')
    expect(await segue('unlock', '--stop-owner', '--dry-run')).toBe(0)
    expect(lines[1]).toMatch(/^Would stop that execution, and then free the lock\./)
    expect(state.stopped).toEqual([])
  })
})
