import { afterAll, beforeAll, expect, it } from 'vitest'
import { startDynamoDbLocal } from '../../local/index.ts'
import { readControl } from '../../shared/ledger/control.ts'
import { readLease } from '../../shared/ledger/lease.ts'
import { retryingLedger } from '../../shared/ledger/retrying-ledger.ts'
import { getRun } from '../../shared/ledger/runs.ts'
import { abortRun, pauseRun } from '../../shared/operator/command.ts'
import { resumeRun } from '../../shared/operator/start.ts'
import { type LeaseEngine, takeLease } from '../../shared/phases/lease.ts'
import { Refusal } from '../../shared/phases/refusal.ts'
import { LocalTables } from '../contract/local-tables.ts'
import { aRun, aSegment, memoryWorld, store } from '../unit/cli/fixtures.ts'
import { realRuntime as runtime } from './real-runtime.ts'

const STARTS = 100
/** Rounds of two commands at once: now one is first, now the other. */
const ROUNDS = 10

let local: Awaited<ReturnType<typeof startDynamoDbLocal>>
let tables: LocalTables

beforeAll(async () => {
  local = await startDynamoDbLocal()
  tables = new LocalTables(local.endpoint)
})
afterAll(async () => {
  tables?.client.destroy()
  await local?.stop()
})

it('of a hundred executions that are started at once one runs, and the others name it', async () => {
  const ledger = retryingLedger(await tables.ledgerTable(), runtime)
  const engine: LeaseEngine = {
    ledger,
    runtime,
    executions: { status: async () => 'running' },
    stack: 'arn:aws:cloudformation:us-east-1:000000000000:stack/Night/1',
    stacks: { use: async () => 'this ledger' },
    marks: { ledgerName: 'ledger', ledgerOfSource: async () => undefined, markDestination: async () => {} },
    source: 'source',
    destination: 'destination',
    tableIds: {},
    schema: { pk: { name: 'pk', type: 'S' } },
    migrations: [],
    codeHash: 'code',
    segments: 1,
    concurrency: 40,
    sliceSeconds: 900,
    isEmpty: async () => true,
  }
  const request = { resume: false, split: true, offline: true }
  const executions = Array.from({ length: STARTS }, (_, n) => `execution-${n}`)
  const ends = await Promise.allSettled(executions.map((execution) => takeLease(execution, request, engine)))

  const [held, ...others] = ends.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : []))
  expect(others).toEqual([])
  const lease = (await readLease(ledger, 'destination'))!
  expect(held).toMatchObject({ outcome: 'held', run: lease.run, fence: 1 })
  expect(lease).toMatchObject({ held: true, fence: 1 })
  expect(await getRun(ledger, lease.run)).toMatchObject({ state: 'running', execution: lease.execution, fence: 1 })
  expect((await readControl(ledger, lease.run)).fence).toBe(1)

  const refused = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as Error] : []))
  expect(refused).toHaveLength(STARTS - 1)
  for (const refusal of refused) {
    expect(refusal.message).toContain(`Run ${lease.run} holds destination since`)
    expect(refusal.message).toContain(`its execution is ${lease.execution}.`)
    expect(Refusal.is(refusal) && refusal.code).toBe('run-in-progress')
  }
})

it.each([
  ['pauses', pauseRun, 'pause'],
  ['aborts', abortRun, 'abort'],
] as const)(
  'whoever resumes a run in the instant in which somebody else %s it is told, or was first',
  async (_, stop, command) => {
    for (let round = 0; round < ROUNDS; round++) {
      const { alice, bob, ledger, started } = await twoPeople()
      const [resumed, stopped] = await Promise.all([resumeRun(alice, {}), stop(bob, { why: 'the backup runs' })])
      // Stopping is never refused, so it is what is in force.
      expect(stopped).toMatchObject({ kind: 'told', command })
      expect(await readControl(ledger, 'run00001')).toMatchObject({ command, by: 'bob' })
      if (resumed.kind === 'started') expect(await readControl(ledger, 'run00001')).toMatchObject({ version: 2 })
      else
        expect(resumed).toMatchObject({ error: 'somebody-acted', cause: expect.stringContaining(`${command} by bob`) })
      expect(started).toHaveLength(resumed.kind === 'started' ? 1 : 0)
    }
  },
)

it('of two people who resume a run at once one does, and the other is told who', async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const { alice, bob, started } = await twoPeople()
    const [first, second] = await Promise.all([resumeRun(alice, {}), resumeRun(bob, {})])
    const [refused, ...more] = [first, second].filter(({ kind }) => kind === 'refused')
    expect(more).toEqual([])
    const other = refused === first ? 'bob' : 'alice'
    expect(refused).toMatchObject({ error: 'somebody-acted', cause: expect.stringContaining(`resume by ${other}`) })
    expect(started).toHaveLength(1)
  }
})

/** A halted run, and two people's commands, on a ledger of DynamoDB Local. */
async function twoPeople() {
  const { world, started } = memoryWorld()
  const ledger = retryingLedger(await tables.ledgerTable(), runtime)
  const stopped = { state: 'stopped', because: 'halted', phase: 'Halted', reason: 'no' } as const
  await store(ledger, aRun(stopped), [aSegment(0, 1), aSegment(1, 1)], { held: false })
  const as = (name: string) => ({ ...world, ledger, identity: async () => name })
  return { alice: as('alice'), bob: as('bob'), ledger, started }
}
