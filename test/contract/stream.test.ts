import { PutItemCommand, UpdateTableCommand } from '@aws-sdk/client-dynamodb'
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams'
import { afterAll, beforeAll } from 'vitest'
import { startDynamoDbLocal } from '../../local/dynamodb-local/start.ts'
import { describeTable } from '../../shared/dynamodb/sdk/describe.ts'
import { sdkStream } from '../../shared/live/sdk/stream.ts'
import { memoryStream } from '../memory/stream.ts'
import { memoryTable } from '../memory/table.ts'
import { LocalTables } from './local-tables.ts'
import { streamContract } from './stream-contract.ts'

let local: Awaited<ReturnType<typeof startDynamoDbLocal>>
let tables: LocalTables
let streams: DynamoDBStreamsClient

beforeAll(async () => {
  local = await startDynamoDbLocal()
  tables = new LocalTables(local.endpoint)
  streams = new DynamoDBStreamsClient({
    endpoint: local.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  })
}, 180_000)

afterAll(async () => {
  tables?.client.destroy()
  streams?.destroy()
  await local?.stop()
})

streamContract('memory', async (schema) => {
  const table = memoryTable(schema, 'memory')
  const stream = memoryStream(table, () => 0)
  return {
    stream,
    put: async (item) => table.store(item),
    async disable() {
      stream.enabled = false
    },
  }
})

streamContract('DynamoDB Local by the SDK', async (schema) => {
  const { name } = await tables.table(schema)
  const { stream } = await describeTable(tables.client, name)
  if (!stream) throw new Error(`Expected the table ${name} to have a stream`)
  return {
    stream: sdkStream(streams, stream.arn, schema),
    async put(Item) {
      await tables.client.send(new PutItemCommand({ TableName: name, Item }))
    },
    async disable() {
      await tables.client.send(
        new UpdateTableCommand({ TableName: name, StreamSpecification: { StreamEnabled: false } }),
      )
    },
  }
})
