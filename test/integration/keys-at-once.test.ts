import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startDynamoDbLocal } from '../../local/index.ts'
import { parseRequest } from '../../shared/config/options.ts'
import { readLease } from '../../shared/ledger/lease.ts'
import { retryingLedger } from '../../shared/ledger/retrying-ledger.ts'
import { runOfKey } from '../../shared/ledger/run-keys.ts'
import { getRun } from '../../shared/ledger/runs.ts'
import { takeLease } from '../../shared/phases/lease.ts'
import { LocalTables } from '../contract/local-tables.ts'
import { realRuntime as runtime } from './real-runtime.ts'

const schema = { pk: { name: 'pk', type: 'S' }, sk: { name: 'sk', type: 'S' } } as const

let local: Awaited<ReturnType<typeof startDynamoDbLocal>>
let tables: LocalTables

beforeAll(async () => {
  local = await startDynamoDbLocal()
  tables = new LocalTables(local.endpoint, false)
})
afterAll(async () => {
  tables?.client.destroy()
  await local?.stop()
})

/** A hundred executions of one stack that ask for the lease at the same instant. */
async function allAtOnce(inputOf: (n: number) => object) {
  const ledger = retryingLedger(await tables.ledgerTable(), runtime)
  const engine = {
    ...{ ledger, runtime, source: 's', destination: 'd', tableIds: {}, schema, migrations: [] },
    ...{ codeHash: 'code', segments: 1, concurrency: 40, sliceSeconds: 900, isEmpty: async () => true },
    executions: { status: async () => 'running' as const },
    marks: { ledgerName: 'ledger', ledgerOfSource: async () => undefined, markDestination: async () => {} },
    ...{ stack: 'stack', stacks: { use: async () => 'this ledger' as const } },
  }
  const answers = await Promise.allSettled(
    Array.from({ length: 100 }, (_, n) => takeLease(`execution ${n}`, parseRequest(inputOf(n)), engine)),
  )
  const refused = answers.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []))
  return { ledger, lease: (await readLease(ledger, 'd'))!, refused }
}

describe('of a hundred executions that start at the same instant', () => {
  it.each<[string, (n: number) => object]>([
    ['with one key', () => ({ key: 'nightly' })],
    ['with a key each', (n) => ({ key: `job-${n}` })],
  ])('%s, one runs, and 99 name it', async (_, inputOf) => {
    const { ledger, lease, refused } = await allAtOnce(inputOf)
    expect(refused).toHaveLength(99)
    for (const { code, message } of refused)
      if (code === 'key-used') expect(message).toContain(lease.run)
      else
        expect({ code, message }).toEqual({
          code: 'run-in-progress',
          message: expect.stringContaining(lease.execution),
        })
    const { key, state } = await getRun(ledger, lease.run)
    expect(state).toBe('running')
    if (key !== undefined) expect(await runOfKey(ledger, 'd', key)).toBe(lease.run)
  })
})
