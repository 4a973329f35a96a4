import {
  BatchExecuteStatementCommand,
  BatchWriteItemCommand,
  CreateTableCommand,
  GetItemCommand,
  PutItemCommand,
  ScanCommand,
} from '@aws-sdk/client-dynamodb'
import {
  CreateEventSourceMappingCommand,
  type CreateEventSourceMappingCommandInput,
  DeleteEventSourceMappingCommand,
  GetEventSourceMappingCommand,
  UpdateEventSourceMappingCommand,
} from '@aws-sdk/client-lambda'
import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { waitFor } from '../../local/processes.ts'
import { type Account, openAccount, PATIENT } from './account.ts'

let aws: Account
let tables = 0
beforeAll(async () => {
  aws = await openAccount()
}, 120_000)
afterAll(() => aws?.emulator.stop())

/** Counts in the table SEEN how often each number came; counts and refuses, as a whole, a batch with the number 13. */
const body = (seen: string) => `
  const { DynamoDBClient, UpdateItemCommand } = require('@aws-sdk/client-dynamodb')
  globalThis.db ??= new DynamoDBClient()
  const numbers = event.Records.map((record) => record.dynamodb.Keys.n.N)
  const count = (n, what) => globalThis.db.send(new UpdateItemCommand({ TableName: '${seen}', Key: { n: { N: n } },
    UpdateExpression: 'ADD ' + what + ' :one', ExpressionAttributeValues: { ':one': { N: '1' } } }))
  if (numbers.includes('13')) { await count('13', 'refusals'); throw new Error('thirteen') }
  for (const n of numbers) await count(n, 'times')`

async function createTable(stream: boolean) {
  const TableName = `numbers-${++tables}`
  const { TableDescription } = await aws.db.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [{ AttributeName: 'n', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'n', AttributeType: 'N' }],
      ...(stream && { StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' } }),
    }),
  )
  return { TableName, streamArn: TableDescription?.LatestStreamArn }
}

/** A streamed table, unless one is given, and a mapping that notes what it has seen in another; deleted after the test. */
async function mapped(
  options: Partial<CreateEventSourceMappingCommandInput>,
  before: number[] = [],
  given?: Awaited<ReturnType<typeof createTable>>,
) {
  const source = given ?? (await createTable(true))
  const seen = await createTable(false)
  const write = (numbers: number[]) =>
    aws.db.send(
      new BatchWriteItemCommand({
        RequestItems: { [source.TableName]: numbers.map((n) => ({ PutRequest: { Item: { n: { N: String(n) } } } })) },
      }),
    )
  if (before.length > 0) await write(before)
  const { UUID } = await aws.lambda.send(
    new CreateEventSourceMappingCommand({
      EventSourceArn: source.streamArn!,
      FunctionName: await aws.createFunction(body(seen.TableName)),
      StartingPosition: 'TRIM_HORIZON',
      ...options,
    }),
  )
  onTestFinished(async () => void (await aws.lambda.send(new DeleteEventSourceMappingCommand({ UUID: UUID! }))))
  const numbers = async () => {
    const { Items = [] } = await aws.db.send(new ScanCommand({ TableName: seen.TableName }))
    return Items.filter((item) => item.times)
      .map((item) => Number(item.n!.N))
      .sort((a, b) => a - b)
  }
  const sees = (expected: number[]) =>
    waitFor(async () => JSON.stringify(await numbers()) === JSON.stringify(expected), PATIENT)
  const refusals = async () => {
    const { Item } = await aws.db.send(new GetItemCommand({ TableName: seen.TableName, Key: { n: { N: '13' } } }))
    return Number(Item?.refusals?.N ?? 0)
  }
  /** Whether a batch with the number 13 is delivered `times` times more. */
  const refusesAgain = async (times: number) => {
    const before = await refusals()
    return waitFor(async () => (await refusals()) >= before + times, PATIENT)
  }
  const enable = (Enabled: boolean) => aws.lambda.send(new UpdateEventSourceMappingCommand({ UUID: UUID!, Enabled }))
  return { source, write, numbers, sees, refusesAgain, enable, UUID: UUID! }
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i)

describe('a mapping of a stream', () => {
  it('starts at the trim horizon, and rests while it is disabled', async () => {
    const { source, write, sees, numbers, enable, UUID } = await mapped({}, range(0, 5))
    expect(await sees(range(0, 5))).toBe(true)
    expect((await enable(false)).State).toMatch(/^Disabl/)
    expect((await aws.lambda.send(new GetEventSourceMappingCommand({ UUID }))).State).toBe('Disabled')
    await write(range(5, 8))
    const other = await mapped({}, [], source)
    expect(await other.sees(range(0, 8))).toBe(true)
    expect(await numbers()).toEqual(range(0, 5))
    await enable(true)
    expect(await sees(range(0, 8))).toBe(true)
  })

  it('halves a batch that fails, gives up on the one record, and leaves it in S3', async () => {
    await aws.s3.send(new CreateBucketCommand({ Bucket: 'failed' }))
    const { UUID, sees, source } = await mapped(
      {
        BatchSize: 20,
        BisectBatchOnFunctionError: true,
        MaximumRetryAttempts: 1,
        DestinationConfig: { OnFailure: { Destination: 'arn:aws:s3:::failed' } },
      },
      range(0, 20),
    )
    expect(await sees(range(0, 20).filter((n) => n !== 13))).toBe(true)
    const { Contents } = await aws.s3.send(new ListObjectsV2Command({ Bucket: 'failed' }))
    expect(Contents?.map((object) => object.Key?.split('/').slice(0, 3).join('/'))).toEqual([`aws/lambda/${UUID}`])
    const object = await aws.s3.send(new GetObjectCommand({ Bucket: 'failed', Key: Contents![0]!.Key! }))
    const record = JSON.parse(await object.Body!.transformToString())
    expect(record.DDBStreamBatchInfo).toMatchObject({ batchSize: 1, streamArn: source.streamArn })
    expect(JSON.parse(record.payload).Records[0].dynamodb.NewImage).toEqual({ n: { N: '13' } })
  })

  it('delivers a failing batch again and again where nothing bounds that, and takes nothing behind it first', async () => {
    const { write, numbers, refusesAgain } = await mapped({ BatchSize: 1 }, [13])
    await write([20, 21])
    expect(await refusesAgain(4)).toBe(true)
    expect(await numbers()).toEqual([])
  })

  it('does not hold up another mapping', async () => {
    const stuck = await mapped({}, [13])
    expect(await stuck.refusesAgain(1)).toBe(true)
    const fine = await mapped({}, [1])
    expect(await fine.sees([1])).toBe(true)
  })

  it('gets what PartiQL inserts', async () => {
    const { source, sees } = await mapped({})
    const insert = (n: number) => ({
      Statement: `INSERT INTO "${source.TableName}" VALUE {'n': ?}`,
      Parameters: [{ N: String(n) }],
    })
    await aws.db.send(new BatchExecuteStatementCommand({ Statements: [1, 2, 3].map(insert) }))
    expect(await sees([1, 2, 3])).toBe(true)
    const again = await aws.db.send(new BatchExecuteStatementCommand({ Statements: [3, 4].map(insert) }))
    expect(again.Responses?.map((response) => response.Error?.Code)).toEqual(['DuplicateItem', undefined])
    await aws.db.send(new PutItemCommand({ TableName: source.TableName, Item: { n: { N: '5' } } }))
    expect(await sees([1, 2, 3, 4, 5])).toBe(true)
  })
})
