import {
  DescribeTableCommand,
  type DynamoDBClient,
  type TableDescription as SdkDescription,
} from '@aws-sdk/client-dynamodb'
import type { KeyType } from '../attributes.ts'
import type { KeyAttribute, KeySchema } from '../key.ts'
import { calling } from './errors.ts'

/** A table as the control plane sees it. */
export interface TableDescription {
  name: string
  arn: string
  schema: KeySchema
  /** `ACTIVE`, `CREATING`, `UPDATING`, `DELETING`, … */
  status: string
  /** About six hours old, like `sizeBytes`: good for plans, never for decisions. */
  itemCount: number
  sizeBytes: number
  /** Present while the stream is enabled. */
  stream?: { arn: string; viewType: string }
}

/**
 * Key schema, size and state of a table.
 * @throws DynamoDbError `table-not-found` or `access-denied`, saying what to check; `throttled` or `unavailable`.
 */
export async function describeTable(client: DynamoDBClient, name: string): Promise<TableDescription> {
  const command = new DescribeTableCommand({ TableName: name })
  const { Table: table = {} } = await calling('DescribeTable', name, () => client.send(command))
  const { StreamSpecification: stream, LatestStreamArn: streamArn } = table
  return {
    name: table.TableName ?? name,
    arn: table.TableArn ?? '',
    schema: schemaOf(table),
    status: table.TableStatus ?? 'UNKNOWN',
    itemCount: table.ItemCount ?? 0,
    sizeBytes: table.TableSizeBytes ?? 0,
    ...(stream?.StreamEnabled && streamArn && { stream: { arn: streamArn, viewType: stream.StreamViewType ?? '' } }),
  }
}

function schemaOf(table: SdkDescription): KeySchema {
  const attribute = (role: 'HASH' | 'RANGE'): KeyAttribute | undefined => {
    const name = table.KeySchema?.find((element) => element.KeyType === role)?.AttributeName
    const type = table.AttributeDefinitions?.find((definition) => definition.AttributeName === name)?.AttributeType
    return name && type ? { name, type: type as KeyType } : undefined
  }
  const pk = attribute('HASH')
  if (!pk) throw new TypeError('Expected DescribeTable to name the partition key, got a table without one')
  const sk = attribute('RANGE')
  return sk ? { pk, sk } : { pk }
}
