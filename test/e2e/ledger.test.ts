import { CloudFormationClient, DeleteStackCommand, waitUntilStackDeleteComplete } from '@aws-sdk/client-cloudformation'
import { DynamoDBClient, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Emulator, localClient, startEmulator } from '../../local/index.ts'
import { createTable, deployPair } from './pair.ts'

let aws: Emulator
let dynamodb: DynamoDBClient

beforeAll(async () => {
  aws = await startEmulator()
  dynamodb = new DynamoDBClient(localClient(aws.endpoint))
  for (const table of ['alpha', 'beta', 'gamma']) await createTable(dynamodb, table)
  const a = { S: 'a' }
  await dynamodb.send(new PutItemCommand({ TableName: 'alpha', Item: { pk: a, sk: a } }))
})
afterAll(() => aws?.stop())

it('a ledger goes from a stack that is destroyed to the next one, which applies no migration twice', async () => {
  const night = await deployPair(aws, 'Night', 'one', { sourceTable: 'alpha', destinationTable: 'beta' })
  expect(await night.run()).toEqual({ status: 'SUCCEEDED' })
  const ledger = night.output('LedgerTable')

  const day = await deployPair(aws, 'Day', 'two', { sourceTable: 'beta', destinationTable: 'gamma' }, { ledger })
  expect(day.output('LedgerTable')).toBe(ledger)
  expect(await day.run()).toEqual({
    status: 'FAILED',
    error: 'ledger-in-use',
    cause: expect.stringMatching(/^Stack Night uses this ledger since 20/),
  })

  const cloudFormation = new CloudFormationClient(localClient(aws.endpoint))
  await cloudFormation.send(new DeleteStackCommand({ StackName: 'Night' }))
  await waitUntilStackDeleteComplete({ client: cloudFormation, maxWaitTime: 120 }, { StackName: 'Night' })
  expect(await day.run()).toEqual({ status: 'SUCCEEDED' })
  // `two` has a migration of the same id that marks items otherwise.
  const { Items } = await dynamodb.send(new ScanCommand({ TableName: 'gamma' }))
  expect(Items).toEqual([{ pk: { S: 'a' }, sk: { S: 'a' }, mark: { N: '1' } }])
})
