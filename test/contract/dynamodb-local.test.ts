import { CreateTableCommand } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startDynamoDbLocal } from '../../local/dynamodb-local/start.ts'
import type { KeyAttribute } from '../../shared/dynamodb/key.ts'
import { describeTable } from '../../shared/dynamodb/sdk/describe.ts'
import { ledgerContract } from './ledger-contract.ts'
import { LocalTables } from './local-tables.ts'
import { schemaWith } from './samples.ts'
import { switchContract } from './switch-contract.ts'
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
switchContract('DynamoDB Local by the SDK', () => tables.ledgerTable())

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
      throughput: { mode: 'on-demand' },
    })
  })

  it('answers both halves of the key of each index', async () => {
    const S = (name: string) => ({ name, type: 'S' }) as const
    const N = { name: 'n', type: 'N' } as const
    const half = (maxBytes: number, ...attributes: KeyAttribute[]) => ({ attributes, maxBytes })
    const hash = (name: string) => ({ AttributeName: name, KeyType: 'HASH' }) as const
    const range = (name: string) => ({ AttributeName: name, KeyType: 'RANGE' }) as const
    const Projection = { ProjectionType: 'KEYS_ONLY' } as const
    await tables.client.send(
      new CreateTableCommand({
        TableName: 'indexed',
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: ['pk', 'sk', 'a', 'b', 'n'].map((name) => ({
          AttributeName: name,
          AttributeType: name === 'n' ? 'N' : 'S',
        })),
        KeySchema: [hash('pk'), range('sk')],
        LocalSecondaryIndexes: [{ IndexName: 'local', KeySchema: [hash('pk'), range('n')], Projection }],
        GlobalSecondaryIndexes: [
          { IndexName: 'alone', KeySchema: [hash('a')], Projection },
          { IndexName: 'many', KeySchema: [hash('b'), hash('n'), range('sk'), range('a')], Projection },
        ],
      }),
    )
    const { indexKeys = [], ...key } = (await describeTable(tables.client, 'indexed')).schema
    expect(key).toEqual({ pk: S('pk'), sk: S('sk') })
    // The service lists indexes in no order.
    expect(new Set(indexKeys)).toEqual(
      new Set([
        ...[half(2_048, S('pk')), half(1_024, N)],
        half(2_048, S('a')),
        ...[half(2_048, S('b'), N), half(1_024, S('sk'), S('a'))],
      ]),
    )
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
