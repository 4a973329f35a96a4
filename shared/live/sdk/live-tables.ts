import {
  type DynamoDBClient,
  PutItemCommand,
  TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
  type TransactWriteItemsCommandInput,
} from '@aws-sdk/client-dynamodb'
import { type KeySchema, keyAttributes } from '../../dynamodb/key.ts'
import { calling } from '../../dynamodb/sdk/errors.ts'
import { probePut } from '../../dynamodb/sdk/probe.ts'
import { canceled, putInput } from '../../ledger/sdk-put.ts'
import type { Ask } from '../../runtime/retry.ts'
import { type DestinationChange, judged, type LiveTables, type UnjudgedLiveTables } from '../ports.ts'

/**
 * {@link LiveTables} over TransactWriteItems: items of the destination and rows of the ledger, all or nothing.
 * @param client Made with `maxAttempts: 1`: retrying happens once, in `retryingLiveTables`.
 * @param ask Called before each call of a change that takes several.
 */
export function sdkLiveTables(
  client: DynamoDBClient,
  destination: { name: string; schema: KeySchema },
  ledger: string,
  ask?: Ask,
): LiveTables {
  const unjudged: UnjudgedLiveTables = {
    commit(writes) {
      const TransactItems = writes.flatMap(({ row, change }) => [
        { Put: putInput(ledger, row) },
        ...(change ? [write(destination, change)] : []),
      ])
      return calling('PutItem', `${destination.name} or ${ledger}`, async () => {
        try {
          const [first] = TransactItems
          if (TransactItems.length === 1 && first && 'Put' in first && first.Put)
            await client.send(new PutItemCommand(first.Put))
          else await client.send(new TransactWriteItemsCommand({ TransactItems }))
          return true
        } catch (error) {
          if (error instanceof TransactionCanceledException) return canceled(destination.name, error)
          if ((error as Error).name === 'ConditionalCheckFailedException') return false
          throw error
        }
      })
    },
    probe(row) {
      return calling('PutItem', `${destination.name} or ${ledger}`, async () => {
        try {
          const TransactItems = [
            { Put: putInput(ledger, row) },
            { Put: probePut(destination.name, destination.schema) },
          ]
          await client.send(new TransactWriteItemsCommand({ TransactItems } as TransactWriteItemsCommandInput))
          return false
        } catch (error) {
          if ((error as Error).name === 'ValidationException') return false
          if (!(error instanceof TransactionCanceledException)) throw error
          const [ofRow, ofItem] = error.CancellationReasons ?? []
          if (ofItem?.Code === 'ConditionalCheckFailed') return ofRow?.Code !== 'ValidationError'
          canceled(destination.name, error)
          return false
        }
      })
    },
  }
  return judged(unjudged, ask)
}

function write({ name, schema }: { name: string; schema: KeySchema }, change: DestinationChange): TransactWriteItem {
  if ('put' in change) return { Put: { TableName: name, Item: change.put.attributes() } }
  return { Delete: { TableName: name, Key: keyAttributes(schema, change.delete) } }
}
