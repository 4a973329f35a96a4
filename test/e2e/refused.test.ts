import { DynamoDBClient, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Emulator, localClient, startEmulator } from '../../local/index.ts'
import type { Court } from './court.ts'
import { createTable, deployPair } from './pair.ts'

let aws: Emulator
let dynamodb: DynamoDBClient
let court: Court

beforeAll(async () => {
  aws = await startEmulator()
  dynamodb = new DynamoDBClient(localClient(aws.endpoint))
  for (const table of ['source', 'empty', 'taken']) await createTable(dynamodb, table)
  await createTable(dynamodb, 'numbered', { name: 'sk', type: 'N' })
  for (const table of ['source', 'taken'])
    await dynamodb.send(new PutItemCommand({ TableName: table, Item: { pk: { S: 'a' }, sk: { S: 'a' } } }))
})
afterAll(() => aws?.stop())

describe('a run is refused with the next step, and nothing is written', () => {
  it.each([
    ['a destination that does not exist', 'nowhere', 'one', 'table-not-found', /nowhere.*Check the name of the table/],
    ['a destination that holds items', 'taken', 'one', 'destination-not-empty', /already holds items.*empty the table/],
    ['tables of differing keys', 'numbered', 'one', 'schema-mismatch', /sk \(N\).*Create the destination with/],
    ['a migrations module that does not load', 'empty', 'broken', 'migrations-module', /nowhere/],
  ])('%s', async (_, destinationTable, migrations, error, cause) => {
    const before = await itemsOf(destinationTable)
    court = await deployPair(aws, 'Refused', migrations, { sourceTable: 'source', destinationTable })
    expect(await court.run()).toEqual({ status: 'FAILED', error, cause: expect.stringMatching(cause) })
    const { code, output } = await court.segue('run', '--wait')
    expect(code, output).toBe(2)
    expect(output).toMatch(cause)
    expect(await itemsOf(destinationTable)).toEqual(before)
    expect(await itemsOf(court.output('LedgerTable'))).toEqual([])
  })

  it('an input with an unknown option', async () => {
    expect(await court.run({ segment: 3 })).toEqual({
      status: 'FAILED',
      error: 'invalid-options',
      cause: expect.stringMatching(/unknown option `segment`.*Correct these/),
    })
    expect(await itemsOf(court.output('LedgerTable'))).toEqual([])
  })

  it('one table as source and destination, which is not even deployed', async () => {
    const same = { sourceTable: 'source', destinationTable: 'source' }
    await expect(deployPair(aws, 'Same', 'one', same)).rejects.toThrow(/same table as `sourceTable`.*Correct these/s)
  })
})

async function itemsOf(table: string): Promise<unknown[] | string> {
  try {
    return (await dynamodb.send(new ScanCommand({ TableName: table }))).Items ?? []
  } catch (error) {
    return (error as Error).name
  }
}
