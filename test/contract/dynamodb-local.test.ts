import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startDynamoDbLocal } from '../../local/dynamodb-local/start.ts'
import { describeTable } from '../../shared/dynamodb/sdk/describe.ts'
import { ledgerContract } from './ledger-contract.ts'
import { LocalTables } from './local-tables.ts'
import { schemaWith } from './samples.ts'
import { tableContract } from './table-contract.ts'

let local: Awaited<ReturnType<typeof startDynamoDbLocal>>
let tables: LocalTables

beforeAll(async () => {
  local = await startDynamoDbLocal()
  tables = new LocalTables(local.endpoint)
}, 180_000)

afterAll(async () => {
  tables?.client.destroy()
  await local?.stop()
})

tableContract('DynamoDB Local by the SDK', (schema) => tables.table(schema))
ledgerContract('DynamoDB Local by the SDK', () => tables.ledgerTable())

describe('describing a table', () => {
  it('answers its key schema, its state and its stream', async () => {
    const schema = schemaWith('N')
    const { name } = await tables.table(schema)
    expect(await describeTable(tables.client, name)).toEqual({
      name,
      schema,
      arn: expect.stringContaining(`table/${name}`),
      status: 'ACTIVE',
      itemCount: 0,
      sizeBytes: 0,
      stream: { arn: expect.stringContaining(`table/${name}/stream/`), viewType: 'NEW_AND_OLD_IMAGES' },
    })
  })

  it('says what to check where there is no such table', async () => {
    await expect(describeTable(tables.client, 'nowhere')).rejects.toMatchObject({
      code: 'table-not-found',
      message: expect.stringMatching(
        /DescribeTable on the table nowhere failed.*Check the name of the table, the region/,
      ),
    })
  })
})
