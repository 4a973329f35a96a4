import {
  type AttributeValue,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactionCanceledException,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb'
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb'
import { calling } from '../dynamodb/sdk/errors.ts'
import { canceled, putInput } from './sdk-put.ts'
import type { LedgerTable, Page, Put, Row } from './table.ts'

/** Rows a page; DynamoDB Local reads the whole range for a page without a limit. */
const PAGE = 1_000

/**
 * The ledger in a DynamoDB table with the string keys `pk` and `sk`.
 * @param client Made with `maxAttempts: 1`: retrying happens once, in `retryingLedger`.
 */
export function sdkLedgerTable(client: DynamoDBClient, name: string): LedgerTable {
  return {
    get: (pk, sk) => get(client, name, pk, sk),
    query: (pk, prefix, page) => query(client, name, pk, prefix, page),
    commit: (puts) => commit(client, name, puts),
  }
}

async function get(client: DynamoDBClient, name: string, pk: string, sk: string): Promise<Row | undefined> {
  const command = new GetItemCommand({ TableName: name, Key: marshall({ pk, sk }), ConsistentRead: true })
  const { Item } = await calling('GetItem', name, () => client.send(command))
  return Item && (unmarshall(Item) as Row)
}

async function query(
  client: DynamoDBClient,
  name: string,
  pk: string,
  prefix: string,
  { after, limit, changed }: Page = { after: '', limit: Number.POSITIVE_INFINITY },
): Promise<Row[]> {
  const rows: Row[] = []
  let start: Record<string, AttributeValue> | undefined = after ? marshall({ pk, sk: after }) : undefined
  do {
    const command = new QueryCommand({
      TableName: name,
      // begins_with does not take an empty string.
      KeyConditionExpression: prefix ? 'pk = :pk AND begins_with(sk, :prefix)' : 'pk = :pk',
      ...(changed && { FilterExpression: 'updatedAt > :newest OR (epoch > :zero AND updatedAt >= :since)' }),
      ExpressionAttributeValues: marshall({
        ':pk': pk,
        ...(prefix && { ':prefix': prefix }),
        ...(changed && { ':newest': changed.newest, ':since': changed.since, ':zero': 0 }),
      }),
      ...(start && { ExclusiveStartKey: start }),
      // A limit counts rows before they are filtered.
      Limit: changed ? PAGE : Math.min(PAGE, limit - rows.length),
      ConsistentRead: true,
    })
    const { Items = [], LastEvaluatedKey } = await calling('Query', name, () => client.send(command))
    rows.push(...Items.map((item) => unmarshall(item) as Row))
    start = LastEvaluatedKey
  } while (start && rows.length < limit)
  return rows.slice(0, limit)
}

async function commit(client: DynamoDBClient, name: string, puts: Put[]): Promise<boolean> {
  if (puts.length === 0) return true
  const inputs = puts.map((put) => putInput(name, put))
  const [first] = inputs
  const command =
    first && inputs.length === 1
      ? new PutItemCommand(first)
      : new TransactWriteItemsCommand({ TransactItems: inputs.map((Put) => ({ Put })) })
  return calling('PutItem', name, async () => {
    try {
      await (command instanceof PutItemCommand ? client.send(command) : client.send(command))
      return true
    } catch (error) {
      if (error instanceof TransactionCanceledException) return canceled(name, error)
      if ((error as Error).name === 'ConditionalCheckFailedException') return false
      throw error
    }
  })
}
