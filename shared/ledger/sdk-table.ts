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
import { calling, errorCode, failed } from '../dynamodb/sdk/errors.ts'
import type { LedgerTable, Put, Row } from './table.ts'

/** Rows a page; DynamoDB Local reads the whole range for a page without a limit. */
const PAGE = 1_000

/**
 * The ledger in a DynamoDB table with the string keys `pk` and `sk`.
 * @param client Made with `maxAttempts: 1`: retrying happens once, in `retryingLedger`.
 */
export function sdkLedgerTable(client: DynamoDBClient, name: string): LedgerTable {
  return {
    get: (pk, sk) => get(client, name, pk, sk),
    query: (pk, prefix) => query(client, name, pk, prefix),
    commit: (puts) => commit(client, name, puts),
  }
}

async function get(client: DynamoDBClient, name: string, pk: string, sk: string): Promise<Row | undefined> {
  const command = new GetItemCommand({ TableName: name, Key: marshall({ pk, sk }), ConsistentRead: true })
  const { Item } = await calling('GetItem', name, () => client.send(command))
  return Item && (unmarshall(Item) as Row)
}

async function query(client: DynamoDBClient, name: string, pk: string, prefix: string): Promise<Row[]> {
  const rows: Row[] = []
  let start: Record<string, AttributeValue> | undefined
  do {
    const command = new QueryCommand({
      TableName: name,
      // begins_with does not take an empty string.
      KeyConditionExpression: prefix ? 'pk = :pk AND begins_with(sk, :prefix)' : 'pk = :pk',
      ExpressionAttributeValues: marshall(prefix ? { ':pk': pk, ':prefix': prefix } : { ':pk': pk }),
      ...(start && { ExclusiveStartKey: start }),
      Limit: PAGE,
      ConsistentRead: true,
    })
    const { Items = [], LastEvaluatedKey } = await calling('Query', name, () => client.send(command))
    for (const item of Items) rows.push(unmarshall(item) as Row)
    start = LastEvaluatedKey
  } while (start)
  return rows
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

/** Why a transaction was cancelled: `false` for a condition that did not hold, else the first reason as an error. */
function canceled(name: string, error: TransactionCanceledException): false {
  const words = (error.CancellationReasons ?? [])
    .map((reason) => reason.Code ?? 'None')
    .filter((word) => word !== 'None')
  if (words.includes('ConditionalCheckFailed')) return false
  const lasting = words.find((word) => errorCode(word) === 'invalid-request')
  const word = lasting ?? words[0] ?? 'TransactionCanceled'
  throw failed(errorCode(word), 'PutItem', name, `TransactWriteItems was cancelled: ${word}`)
}

function putInput(name: string, { row, expect }: Put) {
  const base = { TableName: name, Item: marshall(row, { removeUndefinedValues: true }) }
  if (expect === 'any') return base
  if (expect === 'absent') return { ...base, ConditionExpression: 'attribute_not_exists(pk)' }
  const expected = Object.entries(expect)
  if (expected.length === 0) return base
  const values = Object.fromEntries(
    expected.flatMap(([, value], i) => (value === undefined ? [] : [[`:v${i}`, value] as const])),
  )
  return {
    ...base,
    ConditionExpression: expected
      .map(([, value], i) => (value === undefined ? `attribute_not_exists(#a${i})` : `#a${i} = :v${i}`))
      .join(' AND '),
    ExpressionAttributeNames: Object.fromEntries(expected.map(([attribute], i) => [`#a${i}`, attribute])),
    ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: marshall(values) }),
  }
}
