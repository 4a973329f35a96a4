import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { KeySchema } from '../../shared/dynamodb/key.ts'
import type { Table } from '../../shared/dynamodb/ports.ts'
import { sdkTable } from '../../shared/dynamodb/sdk/table.ts'
import { sdkLedgerTable } from '../../shared/ledger/sdk-table.ts'
import type { LedgerTable } from '../../shared/ledger/table.ts'

/** Tables of a DynamoDB that runs on this machine, each new and empty. */
export class LocalTables {
  readonly client: DynamoDBClient
  #made = 0

  constructor(endpoint: string) {
    this.client = new DynamoDBClient({
      endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
      maxAttempts: 1,
    })
  }

  async table(schema: KeySchema): Promise<Table> {
    return sdkTable(this.client, await this.#create(schema), schema)
  }

  async ledgerTable(): Promise<LedgerTable> {
    return sdkLedgerTable(
      this.client,
      await this.#create({ pk: { name: 'pk', type: 'S' }, sk: { name: 'sk', type: 'S' } }),
    )
  }

  async #create({ pk, sk }: KeySchema): Promise<string> {
    const name = `contract-${++this.#made}`
    const attributes = sk ? [pk, sk] : [pk]
    await this.client.send(
      new CreateTableCommand({
        TableName: name,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: attributes.map(({ name, type }) => ({ AttributeName: name, AttributeType: type })),
        KeySchema: attributes.map(({ name }, i) => ({ AttributeName: name, KeyType: i === 0 ? 'HASH' : 'RANGE' })),
        StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
      }),
    )
    return name
  }
}
