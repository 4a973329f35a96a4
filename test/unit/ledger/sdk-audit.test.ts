import { expect, test } from 'vitest'
import type { AuditEntry } from '../../../shared/ledger/audit.ts'
import { sdkAuditLog } from '../../../shared/ledger/sdk-audit.ts'
import { recorder } from '../wire/recorder.ts'

const at = Date.UTC(2026, 10, 21, 3, 0, 0)
const entry: AuditEntry = { at, id: 'x', event: 'asked', what: 'pause', by: 'arn:alice', why: "the backup's night" }

test('a row is inserted by PartiQL, under a key of its destination, its time, its command and its event', async () => {
  const { client, requests } = recorder()
  await sdkAuditLog(client, 'audit').add('beta', entry)
  expect(requests.map(({ operation }) => operation)).toEqual(['ExecuteStatement'])
  const { Statement, Parameters } = requests[0]!.body
  const names = Statement.match(/^INSERT INTO "audit" VALUE \{(.*)\}$/)[1].match(/'(\w+)': \?/g)
  expect(names.map((name: string) => name.split("'")[1])).toEqual([
    'pk',
    'sk',
    'at',
    'id',
    'event',
    'what',
    'by',
    'why',
  ])
  expect(Parameters.slice(0, 3)).toEqual([
    { S: 'AUDIT#beta' },
    { S: '2026-11-21T03:00:00.000Z#x#asked' },
    { N: String(at) },
  ])
})

test('a row that is there already stays, and every other failure is told', async () => {
  const failing = (type: string) => sdkAuditLog(recorder(() => ({ status: 400, type })).client, 'audit')
  await failing('DuplicateItemException').add('beta', entry)
  await expect(failing('AccessDeniedException').add('beta', entry)).rejects.toMatchObject({
    name: 'AccessDeniedException',
  })
})

test('the newest rows come oldest first', async () => {
  const Items = ['b', 'a'].map((id) => ({ pk: { S: 'p' }, sk: { S: id }, id: { S: id }, at: { N: '1' } }))
  const { client, requests } = recorder(({ operation }) => (operation === 'Query' ? { body: { Items } } : undefined))
  expect(await sdkAuditLog(client, 'audit').newest('beta', 2)).toEqual([
    { id: 'a', at: 1 },
    { id: 'b', at: 1 },
  ])
  expect(requests[0]!.body).toMatchObject({
    TableName: 'audit',
    ScanIndexForward: false,
    Limit: 2,
    ConsistentRead: true,
  })
})
