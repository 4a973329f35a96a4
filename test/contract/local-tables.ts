import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { type KeyAttribute, maxPkBytes, type TableSchema } from '../../shared/dynamodb/key.ts'
import type { Table } from '../../shared/dynamodb/ports.ts'
import { sdkTable } from '../../shared/dynamodb/sdk/table.ts'
import { sdkLedgerTable } from '../../shared/ledger/sdk-table.ts'
import type { LedgerTable } from '../../shared/ledger/table.ts'

/** Tables of a DynamoDB that runs on this machine, each new and empty. */
export class LocalTables {
  readonly client: DynamoDBClient
  readonly #streams: boolean
  #made = 0

  /** @param streams whether they have streams, which make long tests of many transactions slow. */
  constructor(endpoint: string, streams = true) {
    this.#streams = streams
    this.client = new DynamoDBClient({
      endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
      maxAttempts: 1,
    })
  }

  async table(schema: TableSchema): Promise<Table> {
    return sdkTable(this.client, await this.#create(schema), schema)
  }

  async ledgerTable(): Promise<LedgerTable> {
    return sdkLedgerTable(
      this.client,
      await this.#create({ pk: { name: 'pk', type: 'S' }, sk: { name: 'sk', type: 'S' } }),
    )
  }

  /** Each index key gets an index of its own: as its partition key, or as its sort key beside the table's partition key. */
  async #create({ pk, sk, indexKeys = [] }: TableSchema): Promise<string> {
    const name = `contract-${++this.#made}`
    const attributes = [pk, ...(sk ? [sk] : []), ...indexKeys.flatMap((key) => key.attributes)]
    const types = new Map(attributes.map(({ name, type }) => [name, type]))
    const indexes = indexKeys.map(({ attributes, maxBytes }, i) => ({
      IndexName: `index-${i}`,
      KeySchema:
        maxBytes === maxPkBytes ? keys('HASH', attributes) : [...keys('HASH', [pk]), ...keys('RANGE', attributes)],
      Projection: { ProjectionType: 'KEYS_ONLY' as const },
    }))
    await this.client.send(
      new CreateTableCommand({
        TableName: name,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [...types].map(([name, type]) => ({ AttributeName: name, AttributeType: type })),
        KeySchema: [...keys('HASH', [pk]), ...keys('RANGE', sk ? [sk] : [])],
        ...(indexes.length > 0 && { GlobalSecondaryIndexes: indexes }),
        ...(this.#streams && { StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' } }),
      }),
    )
    return name
  }
}

function keys(KeyType: 'HASH' | 'RANGE', attributes: KeyAttribute[]) {
  return attributes.map(({ name }) => ({ AttributeName: name, KeyType }))
}
