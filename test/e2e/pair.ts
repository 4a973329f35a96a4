import path from 'node:path'
import { CreateTableCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { Emulator } from '../../local/index.ts'
import { ROOT } from '../../local/paths.ts'
import { Court } from './court.ts'

/** Makes a table with the key `pk` (S) and a sort key. */
export async function createTable(client: DynamoDBClient, name: string, sk = { name: 'sk', type: 'S' as 'S' | 'N' }) {
  await client.send(
    new CreateTableCommand({
      TableName: name,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: sk.name, AttributeType: sk.type },
      ],
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: sk.name, KeyType: 'RANGE' },
      ],
      StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
    }),
  )
}

/** Deploys the app of this repository for two tables that were made elsewhere. */
export function deployPair(
  aws: Emulator,
  name: string,
  migrations: string,
  tables: { sourceTable: string; destinationTable: string },
  context: Record<string, string> = {},
): Promise<Court> {
  const file = path.join(import.meta.dirname, 'migrations', `${migrations}.ts`)
  return Court.deploy(aws, name, { app: ROOT, options: tables, context: { migrations: file, ...context } })
}
