import { describe, expect, it } from 'vitest'
import { changeControl, readControl } from '../../../shared/ledger/control.ts'
import { planCaptureOff } from '../../../shared/operator/capture-off.ts'
import { resumeRun } from '../../../shared/operator/start.ts'
import { readStatus } from '../../../shared/operator/status/status.ts'
import { planUnlock } from '../../../shared/operator/unlock.ts'
import { aRun, aSegment, memoryWorld, start, store } from '../cli/fixtures.ts'

const quarter = 15 * 60_000

/** A paused run whose execution, which Step Functions does not know, took the lease so long ago. */
async function setUp(ageMs: number) {
  const memory = memoryWorld()
  const { ledger, state, views } = memory
  await store(ledger, aRun(), [aSegment(0, 1), aSegment(1, 1)])
  await changeControl(ledger, 'run00001', (control) => ({ ...control, command: 'pause' }))
  views['arn:run:one'] = { status: 'ended', ended: 'FORGOTTEN' }
  state.now = start + ageMs
  return memory
}

describe('an execution that Step Functions does not know', () => {
  it('may have just begun for a quarter of an hour, whichever command asks', async () => {
    const { world, ledger, started, state } = await setUp(quarter)
    const { progress } = await readStatus(world)
    expect(progress).toMatchObject({ verdict: { kind: 'running' }, execution: { status: 'unknown' } })
    await expect(planCaptureOff(world)).rejects.toMatchObject({ code: 'run-under-way' })
    const words = /which Step Functions does not know\. .* counts as ended from 2026-11-21T01:15:00Z; .* then\./
    for (const stopOwner of [true, false]) {
      const refused = { code: 'owner-alive', message: expect.stringMatching(words) }
      await expect(planUnlock(world, { stopOwner })).rejects.toMatchObject(refused)
    }
    expect(await resumeRun(world, {})).toMatchObject({ error: 'run-in-progress' })
    expect(started).toEqual([])
    expect(state.stopped).toEqual([])
    expect(await readControl(ledger, 'run00001')).toMatchObject({ command: 'pause' })
  })

  it('has ended after that, whichever command asks', async () => {
    const { world, started } = await setUp(quarter + 1)
    expect((await readStatus(world)).progress.verdict).toEqual({
      kind: 'interrupted',
      reason: 'Step Functions no longer knows its execution',
    })
    expect(await planUnlock(world, { stopOwner: false })).toMatchObject({ does: 'free' })
    expect(await resumeRun(world, {})).toMatchObject({ kind: 'started' })
    expect(started).toEqual([{ resume: true }])
  })
})
