import { describe, expect, it } from 'vitest'
import { sdkTable } from '../../../shared/dynamodb/sdk/table.ts'
import { sdkAuditLog } from '../../../shared/ledger/sdk-audit.ts'
import { sdkLedgerTable } from '../../../shared/ledger/sdk-table.ts'
import type { Answer, StubRequest } from '../../contract/stub-client.ts'
import { filesWith, recorder } from './recorder.ts'

const schema = { pk: { name: 'pk', type: 'S' }, sk: { name: 'sk', type: 'S' } } as const
const key = (sk: string) => ({ pk: { S: 'a' }, sk: { S: sk } })

/** What each request for items said of consistency. */
const asked = (requests: StubRequest[]) =>
  requests.map(({ operation, body }) => [operation, (body.RequestItems?.items ?? body).ConsistentRead])

describe('on the wire', () => {
  it('items by key are read strongly consistent, and so are those left over', async () => {
    const half = ({ body }: StubRequest): Answer => {
      const [taken, ...rest] = body.RequestItems.items.Keys
      const more = rest.length > 0 && { UnprocessedKeys: { items: { Keys: rest } } }
      return { body: { Responses: { items: [taken] }, ...more } }
    }
    const { client, requests } = recorder(half)
    await sdkTable(client, 'items', schema).get(['1', '2', '3'].map(key))
    expect(asked(requests)).toEqual(Array(3).fill(['BatchGetItem', true]))
  })

  it.each([true, false])('scans and queries are as consistent as they are asked to be: %s', async (consistent) => {
    const { client, requests } = recorder(() => ({ body: {} }))
    const table = sdkTable(client, 'items', schema)
    const scan = { segment: 0, totalSegments: 2, limit: 10, consistent }
    const query = { pk: { S: 'a' }, limit: 10, consistent }
    await table.scan(scan)
    await table.scan({ ...scan, after: key('1') })
    await table.query(query)
    await table.query({ ...query, after: { S: '1' }, upTo: { S: '2' } })
    await table.query({ ...query, after: { S: '1' }, reverse: true })
    const reads = ['Scan', 'Scan', 'Query', 'Query', 'Query']
    expect(asked(requests)).toEqual(reads.map((operation) => [operation, consistent]))
  })

  it('rows of the ledger are read strongly consistent: single ones, lists, and every page of them', async () => {
    const { client, requests } = recorder(({ operation, body }) =>
      operation === 'Query' && !body.ExclusiveStartKey ? { body: { LastEvaluatedKey: key('1') } } : { body: {} },
    )
    const ledger = sdkLedgerTable(client, 'ledger')
    await ledger.get('a', '1')
    await ledger.query('a', '')
    await ledger.query('a', 'prefix')
    await ledger.query('a', '', { after: '1', limit: 10 })
    const lists = Array(5).fill(['Query', true])
    expect(asked(requests)).toEqual([['GetItem', true], ...lists])
  })

  it('rows of the audit are read strongly consistent', async () => {
    const { client, requests } = recorder(() => ({ body: {} }))
    await sdkAuditLog(client, 'audit').newest('beta', 10)
    expect(asked(requests)).toEqual([['Query', true]])
  })

  it('nothing else reads items: a new read belongs into these tests', () => {
    const reads = /new (?:Scan|Query|GetItem|BatchGetItem|TransactGetItems|ExecuteStatement|ExecuteTransaction)Command/g
    expect(filesWith(reads)).toEqual({
      'shared/dynamodb/sdk/table.ts': 3,
      // One of them inserts.
      'shared/ledger/sdk-audit.ts': 2,
      'shared/ledger/sdk-table.ts': 2,
    })
  })
})
