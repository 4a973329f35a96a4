import { describe, expect, test } from 'vitest'
import { DynamoDbError } from '../../../shared/dynamodb/errors.ts'
import { changeControl, readControl } from '../../../shared/ledger/control.ts'
import { resumeRun, startRun, verifyRun } from '../../../shared/operator/start.ts'
import { aRun, aSegment, memoryWorld, store } from '../cli/fixtures.ts'
import { done, finished } from '../cli/set-up.ts'

const chunks = [aSegment(0, 1), aSegment(1, 1)]
const halted = { state: 'stopped', because: 'halted', phase: 'Halted', reason: 'no' } as const

describe('starting a run', () => {
  test('starts nothing while another one is under way', async () => {
    const { world, ledger, started } = memoryWorld()
    await store(ledger, aRun(), chunks)
    const refused = {
      kind: 'refused',
      error: 'run-in-progress',
      cause: expect.stringMatching(/^Run run00001 holds beta; its execution is arn:run:one\. Wait for it/),
    }
    expect(await startRun(world, {})).toEqual(refused)
    expect(await resumeRun(world, {})).toEqual(refused)
    expect(await verifyRun(world)).toEqual(refused)
    expect(started).toEqual([])
  })

  test('leaves it to the state machine where Step Functions does not respond, so it is not known whether the other one is under way', async () => {
    const { world, ledger, started, views } = memoryWorld()
    await store(ledger, aRun(halted), chunks)
    views['arn:run:one'] = { status: 'unknown' }
    expect(await resumeRun(world, {})).toEqual({ kind: 'started', execution: 'arn:run:new' })
    expect(started).toEqual([{ resume: true }])
  })

  test.each(['pause', 'abort'] as const)(
    'does not undo the %s of a run that may be under way still',
    async (command) => {
      const { world, ledger, started, views } = memoryWorld()
      await store(ledger, aRun(), chunks)
      await changeControl(ledger, 'run00001', (control) => ({ ...control, command }))
      views['arn:run:one'] = { status: 'unknown' }
      expect(await resumeRun(world, {})).toMatchObject({ kind: 'refused', error: 'run-in-progress' })
      expect(started).toEqual([])
      expect(await readControl(ledger, 'run00001')).toMatchObject({ command })
    },
  )

  test('starts nothing while the destination holds items', async () => {
    const { world, tables, started } = memoryWorld()
    tables.beta.store({ pk: { S: 'a' }, sk: { S: 'a' } })
    expect(await startRun(world, {})).toMatchObject({ kind: 'refused', error: 'destination-not-empty' })
    expect(started).toEqual([])
  })

  test('leaves it to the state machine where the destination may not be read', async () => {
    const { world, started } = memoryWorld()
    world.describeTable = () => Promise.reject(new DynamoDbError('access-denied', 'no'))
    expect(await startRun(world, {})).toEqual({ kind: 'started', execution: 'arn:run:new' })
    expect(started).toEqual([{ by: 'alice' }])
  })
})

describe('resuming a run', () => {
  test('starts nothing where there is none, or where it has finished', async () => {
    const { world, ledger, started } = memoryWorld()
    expect(await resumeRun(world, {})).toMatchObject({ error: 'nothing-to-resume' })
    await store(ledger, aRun(finished), done, { held: false })
    expect(await resumeRun(world, {})).toMatchObject({ error: 'nothing-to-resume' })
    expect(started).toEqual([])
  })

  test('starts nothing where the ledger no longer has the rows of its copy', async () => {
    const { world, ledger, started } = memoryWorld()
    await store(ledger, aRun(halted), [aSegment(0, 1)], { held: false })
    expect(await resumeRun(world, {})).toMatchObject({ kind: 'refused', error: 'not-covered' })
    expect(started).toEqual([])
  })

  test.each([
    ['verify', { phase: 'Verify', verification: { number: 2, ended: false } }, { only: 'verify' }],
    ['repair', { phase: 'Repair', verification: { number: 1, ended: true } }, { only: 'repair' }],
    // Its list of differences is not complete.
    ['repair', { phase: 'Verify', verification: { number: 2, ended: false } }, { only: 'verify' }],
  ] as const)('resumes what was being done to a finished run: %s, %j', async (kind, change, input) => {
    const { world, ledger, started } = memoryWorld()
    const run = aRun({ ...finished, ...change, task: { kind, state: 'stopped', because: 'paused' } })
    await store(ledger, run, done, { held: false })
    expect(await resumeRun(world, {})).toMatchObject({ kind: 'started' })
    expect(started).toEqual([input])
  })

  test('resumes the verification of a finished run whose execution was stopped', async () => {
    const { world, ledger, started, views } = memoryWorld()
    await store(ledger, aRun({ ...finished, phase: 'Verify', task: { kind: 'verify', state: 'running' } }), done)
    views['arn:run:one'] = { status: 'ended', ended: 'ABORTED' }
    expect(await resumeRun(world, {})).toMatchObject({ kind: 'started' })
    expect(started).toEqual([{ only: 'verify' }])
  })

  test('resumes a run whose execution was stopped', async () => {
    const { world, ledger, started, views } = memoryWorld()
    await store(ledger, aRun(), chunks)
    views['arn:run:one'] = { status: 'ended', ended: 'ABORTED' }
    expect(await resumeRun(world, { split: false })).toEqual({ kind: 'started', execution: 'arn:run:new' })
    expect(started).toEqual([{ resume: true, split: false }])
  })
})
