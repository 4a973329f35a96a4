import { describe, expect, it } from 'vitest'
import { readControl } from '../../../shared/ledger/control.ts'
import type { RunRecord } from '../../../shared/ledger/runs.ts'
import { abortRun, pauseRun } from '../../../shared/operator/command.ts'
import { resumeRun } from '../../../shared/operator/start.ts'
import { aRun, memoryWorld, store } from '../cli/fixtures.ts'

async function setUp(change: Partial<RunRecord> = {}) {
  const { ledger, world } = memoryWorld()
  await store(ledger, aRun(change), [], { held: change.state === undefined })
  return { ledger, world, command: async () => (await readControl(ledger, 'run00001')).command }
}

const halted = { state: 'stopped', because: 'halted', phase: 'Capture', planned: false } as const

describe('a command', () => {
  it('is never lowered by a pause', async () => {
    const { world, command } = await setUp()
    expect(await pauseRun(world)).toMatchObject({ kind: 'told' })
    expect(await command()).toBe('pause')
    await abortRun(world)
    await pauseRun(world)
    expect(await command()).toBe('abort')
  })

  it('is refused where there is nothing to stop', async () => {
    const { world, command } = await setUp({ state: 'finished' })
    expect(await pauseRun(world)).toMatchObject({ kind: 'refused', cause: expect.stringContaining('has finished') })
    expect(await abortRun(world)).toMatchObject({
      kind: 'refused',
      cause: expect.stringContaining('segue capture off'),
    })
    expect(await command()).toBe('run')
    expect(await pauseRun(memoryWorld().world)).toMatchObject({ kind: 'refused' })
  })

  it('pauses the verification of a finished run, and does not abort it', async () => {
    const { world, command } = await setUp({ state: 'finished', task: { kind: 'verify', state: 'running' } })
    expect(await abortRun(world)).toMatchObject({ kind: 'refused', cause: expect.stringContaining('segue pause') })
    expect(await pauseRun(world)).toMatchObject({ kind: 'told' })
    expect(await command()).toBe('pause')
  })

  it('is lowered by whoever resumes the run, before the execution starts', async () => {
    const { ledger, world } = await setUp(halted)
    await pauseRun(world)
    let then: string | undefined
    const start = async (input: object) => {
      then = (await readControl(ledger, 'run00001')).command
      return world.executions.start(input)
    }
    expect(await resumeRun({ ...world, executions: { ...world.executions, start } }, {})).toMatchObject({
      kind: 'started',
    })
    expect(then).toBe('run')
  })
})
