import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  BatchExecuteStatementCommand,
  BatchGetItemCommand,
  BatchWriteItemCommand,
  CreateTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  ScanCommand,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Emulator, localClient, startEmulator } from '../../local/index.ts'
import { throttle } from '../../local/throttle.ts'
import { readCalls } from './calls.ts'

let aws: Emulator
let db: DynamoDBClient
beforeAll(async () => {
  aws = await startEmulator()
  db = new DynamoDBClient({ ...localClient(aws.endpoint), maxAttempts: 1 })
})
afterAll(() => aws?.stop())

/** A maximum so small that a bucket does not fill within a test, but for the units it begins with. */
const ONE = 1
const item = (pk: string, kilobytes = 0.1) => ({ pk: { S: pk }, text: { S: 'x'.repeat(kilobytes * 1024) } })
const big = (pk: string) => item(pk, 300)

async function createTable(maximum: { readUnits?: number; writeUnits?: number } = {}): Promise<string> {
  const TableName = `table-${randomUUID()}`
  await db.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
    }),
  )
  await throttle(db, TableName, maximum)
  return TableName
}

const put = (TableName: string, Item = item('a')) => db.send(new PutItemCommand({ TableName, Item }))

/** A table whose units are spent for minutes. */
async function spentTable(): Promise<string> {
  const table = await createTable({ writeUnits: ONE })
  await put(table, big('big'))
  return table
}

describe('a table with a maximum of write units', () => {
  it('takes a write while there are units, and charges it by its size: the next one waits', async () => {
    const table = await createTable({ writeUnits: 250 })
    await put(table, big('a'))
    await expect(put(table)).rejects.toMatchObject({
      name: 'ThrottlingException',
      throttlingReasons: [{ reason: 'TableWriteMaxOnDemandThroughputExceeded' }],
    })
    // 50 units are owed, at 250 a second.
    await sleep(1_000)
    await put(table)
  })

  it('refuses single statements of a batch by name, and applies the others', async () => {
    const [table, free] = [await spentTable(), await createTable()]
    const insert = (name: string) => ({ Statement: `INSERT INTO "${name}" VALUE {'pk': ?}`, Parameters: [{ S: 'b' }] })
    const command = new BatchExecuteStatementCommand({ Statements: [insert(table), insert(free)] })
    const { Responses } = await db.send(command)
    expect(Responses?.map((each) => each.Error?.Code)).toEqual(['ThrottlingError', undefined])
  })

  it('returns items of a batch as unprocessed, and refuses a batch of which it takes none', async () => {
    const table = await createTable({ writeUnits: ONE })
    const puts = [big('a'), item('b'), item('c')].map((Item) => ({ PutRequest: { Item } }))
    const command = new BatchWriteItemCommand({ RequestItems: { [table]: puts } })
    const { UnprocessedItems } = await db.send(command)
    expect(UnprocessedItems?.[table]?.map(({ PutRequest }) => PutRequest?.Item?.pk?.S)).toEqual(['b', 'c'])
    await expect(db.send(command)).rejects.toMatchObject({ name: 'ThrottlingException' })
    expect((await db.send(new ScanCommand({ TableName: table }))).Count).toBe(1)
  })

  it('cancels a transaction as a whole, naming the throttled actions', async () => {
    const [table, free] = [await spentTable(), await createTable()]
    const actions = [free, table].map((TableName) => ({ Put: { TableName, Item: item('t') } }))
    await expect(db.send(new TransactWriteItemsCommand({ TransactItems: actions }))).rejects.toMatchObject({
      name: 'TransactionCanceledException',
      CancellationReasons: [{ Code: 'None' }, { Code: 'ThrottlingError' }],
    })
    expect((await db.send(new ScanCommand({ TableName: free }))).Count).toBe(0)
  })

  it('charges a transaction twice', async () => {
    const table = await createTable({ writeUnits: 1_000 })
    await db.send(new TransactWriteItemsCommand({ TransactItems: [{ Put: { TableName: table, Item: item('t', 2) } }] }))
    expect(await readCalls(aws, table)).toMatchObject([{ action: 'TransactWriteItems', kind: 'write', units: 6 }])
  })

  it('takes as many as it is given once the maximum is raised or lifted', async () => {
    const table = await spentTable()
    await expect(put(table)).rejects.toThrow()
    await throttle(db, table, {})
    await put(table)
  })
})

describe('a table with a maximum of read units', () => {
  it('serves a page while there are units, and charges it by its size', async () => {
    const table = await createTable()
    await put(table, big('a'))
    await throttle(db, table, { readUnits: ONE })
    expect((await db.send(new ScanCommand({ TableName: table }))).Count).toBe(1)
    await expect(db.send(new GetItemCommand({ TableName: table, Key: { pk: { S: 'a' } } }))).rejects.toMatchObject({
      name: 'ThrottlingException',
      throttlingReasons: [{ reason: 'TableReadMaxOnDemandThroughputExceeded' }],
    })
    await put(table)
  })

  it('returns keys of a batch as unprocessed', async () => {
    const table = await createTable()
    await put(table, big('a'))
    await throttle(db, table, { readUnits: ONE })
    const Keys = ['a', 'b'].map((pk) => ({ pk: { S: pk } }))
    const { Responses, UnprocessedKeys } = await db.send(
      new BatchGetItemCommand({ RequestItems: { [table]: { Keys } } }),
    )
    expect(Responses?.[table]).toHaveLength(1)
    expect(UnprocessedKeys?.[table]?.Keys).toEqual([{ pk: { S: 'b' } }])
  })
})

it('notes each call to such a table, and how much of it was refused', async () => {
  const table = await createTable({ writeUnits: 2 })
  const before = Date.now()
  await put(table, item('a', 5))
  await expect(put(table)).rejects.toThrow()
  const calls = await readCalls(aws, table)
  expect(calls).toMatchObject([
    { action: 'PutItem', units: 6, throttled: 0 },
    { action: 'PutItem', units: 0, throttled: 1 },
  ])
  for (const { at } of calls) {
    expect(at).toBeGreaterThanOrEqual(before - 1)
    expect(at).toBeLessThanOrEqual(Date.now() + 1)
  }
})

it('names a table that is not there', async () => {
  await expect(throttle(db, 'no-such-table', {})).rejects.toMatchObject({ code: 'no-table' })
})
