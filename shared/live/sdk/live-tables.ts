import {
  type DynamoDBClient,
  PutItemCommand,
  TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb'
import { marshall } from '@aws-sdk/util-dynamodb'
import { type KeySchema, keyAttributes } from '../../dynamodb/key.ts'
import { calling, errorCode, failed } from '../../dynamodb/sdk/errors.ts'
import type { Put } from '../../ledger/table.ts'
import type { DestinationChange, LiveTables } from '../ports.ts'

/**
 * {@link LiveTables} over TransactWriteItems: an item of the destination and a row of the ledger, both or neither.
 * @param client Made with `maxAttempts: 1`: retrying happens once, in `retryingLiveTables`.
 */
export function sdkLiveTables(
  client: DynamoDBClient,
  destination: { name: string; schema: KeySchema },
  ledger: string,
): LiveTables {
  return {
    commit(head, change) {
      const put = headInput(ledger, head)
      return calling('PutItem', `${destination.name} or ${ledger}`, async () => {
        try {
          if (change) {
            const TransactItems = [{ Put: put }, write(destination, change)]
            await client.send(new TransactWriteItemsCommand({ TransactItems }))
          } else await client.send(new PutItemCommand(put))
          return true
        } catch (error) {
          if (error instanceof TransactionCanceledException) return cancelled(destination.name, error)
          if ((error as Error).name === 'ConditionalCheckFailedException') return false
          throw error
        }
      })
    },
  }
}

function write({ name, schema }: { name: string; schema: KeySchema }, change: DestinationChange): TransactWriteItem {
  if ('put' in change) return { Put: { TableName: name, Item: change.put.attributes() } }
  return { Delete: { TableName: name, Key: keyAttributes(schema, change.delete) } }
}

/** `false` for a head that is not as expected, which is the only condition there is; else the first reason as an error. */
function cancelled(table: string, { CancellationReasons = [] }: TransactionCanceledException): false {
  const words = CancellationReasons.map(({ Code = 'None' }) => Code).filter((word) => word !== 'None')
  if (words.includes('ConditionalCheckFailed')) return false
  // A transaction with one part that can never succeed must not be repeated because another part was throttled.
  const word = words.find((each) => errorCode(each) === 'invalid-request') ?? words[0] ?? 'TransactionConflict'
  throw failed(errorCode(word), 'PutItem', table, `TransactWriteItems was cancelled: ${word}`)
}

function headInput(TableName: string, { row, expect }: Put) {
  const base = { TableName, Item: marshall(row, { removeUndefinedValues: true }) }
  if (expect === 'any') return base
  if (expect === 'absent') return { ...base, ConditionExpression: 'attribute_not_exists(pk)' }
  const names = Object.keys(expect)
  return {
    ...base,
    ConditionExpression: names.map((_, i) => `#e${i} = :e${i}`).join(' AND '),
    ExpressionAttributeNames: Object.fromEntries(names.map((name, i) => [`#e${i}`, name])),
    ExpressionAttributeValues: marshall(Object.fromEntries(names.map((name, i) => [`:e${i}`, expect[name]]))),
  }
}
