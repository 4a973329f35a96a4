import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { sdkTable } from '../../../shared/dynamodb/sdk/table.ts'
import { beginCapture } from '../../../shared/ledger/capture.ts'
import { readControl, writeControl } from '../../../shared/ledger/control.ts'
import { writeLease } from '../../../shared/ledger/lease.ts'
import { createRun } from '../../../shared/ledger/runs.ts'
import { sdkLedgerTable } from '../../../shared/ledger/sdk-table.ts'
import { applyBatch } from '../../../shared/live/batch.ts'
import type { LiveEngine } from '../../../shared/live/engine.ts'
import { liveFencing } from '../../../shared/live/fencing.ts'
import type { StreamRecord } from '../../../shared/live/ports.ts'
import { sdkLiveTables } from '../../../shared/live/sdk/live-tables.ts'
import { settleHead } from '../../../shared/live/settle.ts'
import type { Answer, StubRequest } from '../../contract/stub-client.ts'
import { item, key, world as memoryWorld, record, run, schema } from '../live/world.ts'
import { recorder } from './recorder.ts'

/** Sort key of the head of a destination key. */
const headOf = (pk: string) =>
  createHash('sha256')
    .update(JSON.stringify([`S:${pk}`]))
    .digest('hex')
const absent = 'attribute_not_exists(pk)'

/** A run that captures, whose live function speaks to a service by the SDK. */
async function world(first?: (request: StubRequest) => Answer | undefined) {
  const { client, requests, writes } = recorder(first)
  const ledger = sdkLedgerTable(client, 'ledger')
  const { time, engine, run: begun } = await memoryWorld()
  await createRun(ledger, begun)
  await writeControl(ledger, run, undefined, { command: 'run', fence: 1 })
  const lease = { table: 'destination', held: true, run, execution: 'execution', fence: 1, since: 1 }
  await writeLease(ledger, undefined, lease)
  await beginCapture(ledger, run, { since: 0, stream: 'arn' })
  const live: LiveEngine = {
    ...engine,
    ledger,
    source: sdkTable(client, 'source', schema),
    tables: sdkLiveTables(client, { name: 'destination', schema }, 'ledger'),
  }
  const fencing = liveFencing(ledger, 'destination', 'code', () => time.now)
  writes()
  requests.splice(0)
  return {
    ...{ live, requests, writes, time },
    apply: (...records: StreamRecord[]) => applyBatch(records, { fencing, engine: () => live }),
    async quiet() {
      const control = await readControl(ledger, run)
      await writeControl(ledger, run, control, { ...control, quiet: 'q' })
      writes()
    },
  }
}

const head = (of: string, condition: string) => ({ action: 'Put', table: 'ledger', key: headOf(of), condition })
const onItem = (action: 'Put' | 'Delete', of: string) => ({ action, table: 'destination', key: of })

describe('on the wire, a live change', () => {
  it('is one transaction of the item and its head, on condition that nobody has changed the head', async () => {
    const { apply, writes } = await world()
    await apply(record(1, { new: item('a', ['x', 'y']) }))
    expect(writes()).toEqual([
      [head('x', absent), onItem('Put', 'x')],
      [head('y', absent), onItem('Put', 'y')],
    ])
    await apply(record(2, { old: item('a', ['x', 'y']), new: item('a', ['x'], 2) }))
    expect(writes()).toEqual([
      [head('x', 'version = 1'), onItem('Put', 'x')],
      [head('y', 'version = 1'), onItem('Delete', 'y')],
    ])
  })

  it('of another source item changes the head alone, on the same condition', async () => {
    const { apply, writes } = await world()
    await apply(record(1, { new: item('a', ['x']) }))
    writes()
    await apply(record(1, { new: item('b', ['x']) }))
    expect(writes()).toEqual([[head('x', 'version = 1')]])
  })

  it('is settled by such a transaction too', async () => {
    const { live, apply, writes, quiet } = await world(({ operation }) =>
      operation === 'BatchGetItem' ? { body: { Responses: { source: [item('b', ['x'])] } } } : undefined,
    )
    await apply(record(1, { new: item('a', ['x']) }), record(1, { new: item('b', ['x']) }))
    await quiet()
    await settleHead(key('x'), 'q', live)
    expect(writes()).toEqual([[head('x', 'version = 2'), onItem('Put', 'x')]])
  })

  it('that the service refuses is judged by a transaction that cannot write', async () => {
    const { apply, writes } = await world(({ operation, body }) => {
      const [, change] = operation === 'TransactWriteItems' ? body.TransactItems : []
      const isBad = change?.Put?.Item.pk.S === 'bad'
      return isBad ? { status: 400, type: 'ValidationException', message: 'no' } : undefined
    })
    await apply(record(1, { new: item('a', ['bad']) }))
    const refused = [head('bad', absent), onItem('Put', 'bad')]
    const never = { ...onItem('Put', 'segue: this is never written'), condition: `attribute_exists(pk) AND ${absent}` }
    const calls = writes().filter((call) => call.some(({ table }) => table === 'destination'))
    expect(calls).toEqual([
      refused,
      [head('bad', absent), never],
      refused,
      [head('bad', absent), onItem('Delete', 'bad')],
    ])
  })
})

describe('on the wire, a batch of live changes', () => {
  /** The rows read since the last call, and whether consistently. */
  const reads = (requests: StubRequest[]) =>
    requests.splice(0).flatMap(({ operation, body }) => {
      const { sk } = body.Key ?? {}
      return operation === 'GetItem' && !/^[0-9a-f]{64}$/.test(sk.S) ? [[sk.S, body.ConsistentRead]] : []
    })
  const fence = ['LEASE', 'RUN', 'CONTROL', 'CAPTURE'].map((sk) => [sk, true])

  it('reads the fence, strongly consistent, before its first write, and again once that is five seconds old', async () => {
    const { apply, requests, time } = await world()
    await apply(record(1, { new: item('a', ['x']) }))
    const first = requests.findIndex(({ operation }) => operation === 'TransactWriteItems')
    expect(reads(requests.slice(0, first))).toEqual(fence)
    requests.splice(0)
    time.now += 4_999
    await apply(record(2, { new: item('a', ['x'], 2) }))
    expect(reads(requests)).toEqual([])
    time.now += 1
    await apply(record(3, { new: item('a', ['x'], 3) }))
    expect(reads(requests)).toEqual(fence)
  })

  it('reads it again in the middle, too', async () => {
    let pass = () => {}
    const { apply, requests, time } = await world(({ operation }) => {
      if (operation === 'PutItem') pass()
      return undefined
    })
    // The first record is quarantined, by a put.
    pass = () => {
      time.now += 5_000
    }
    await apply(record(1, { new: item('a', ['poison']) }), record(2, { new: item('a', ['x']) }))
    const put = requests.findIndex(({ operation }) => operation === 'PutItem')
    const written = requests.findIndex(({ operation }) => operation === 'TransactWriteItems')
    expect(reads(requests.slice(put, written))).toEqual(fence)
  })

  it('writes nothing under another fence', async () => {
    const { live, apply, writes } = await world()
    const control = await readControl(live.ledger, run)
    await writeControl(live.ledger, run, control, { ...control, fence: 2 })
    writes()
    await expect(apply(record(1, { new: item('a', ['x']) }))).rejects.toMatchObject({ code: 'fenced' })
    expect(writes()).toEqual([])
  })
})
