import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startDynamoDbLocal } from '../../local/index.ts'
import { readControl } from '../../shared/ledger/control.ts'
import { readLease } from '../../shared/ledger/lease.ts'
import { retryingLedger } from '../../shared/ledger/retrying-ledger.ts'
import { getRun } from '../../shared/ledger/runs.ts'
import { type LeaseEngine, takeLease } from '../../shared/phases/lease.ts'
import { Refusal } from '../../shared/phases/refusal.ts'
import type { Runtime } from '../../shared/runtime/ports.ts'
import { LocalTables } from '../contract/local-tables.ts'

const STARTS = 100

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

const runtime: Runtime = {
  clock: Date.now,
  random: Math.random,
  sleep: async (ms, signal) => {
    await sleep(ms, undefined, signal && { signal }).catch(() => {})
  },
  emit: () => {},
}

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
