import { setTimeout as sleep } from 'node:timers/promises'
import { type DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb'

/** Longest without a sign before the changes are taken to be stuck. */
const PATIENCE_MS = 600_000
const POLL_MS = 500

/**
 * Waits until every change made to the source before this call has been applied: puts a last item there and waits for it in
 * the destination, twice, because items of one batch are applied in no order and the second is in a later batch than the first.
 * This machine's stream has one shard, and one batch of it in hand at a time.
 * @returns false when the items do not come.
 */
export async function drained(client: DynamoDBClient, source: string, destination: string): Promise<boolean> {
  for (const turn of ['first', 'second']) {
    const key = { pk: { S: `case|demo-end` }, sk: { S: `end|${turn}|${Date.now()}` } }
    await client.send(new PutItemCommand({ TableName: source, Item: key }))
    if (!(await arrives(client, destination, key))) return false
  }
  return true
}

async function arrives(client: DynamoDBClient, table: string, key: Record<string, { S: string }>): Promise<boolean> {
  const until = Date.now() + PATIENCE_MS
  while (Date.now() < until) {
    const { Item } = await client.send(new GetItemCommand({ TableName: table, Key: key, ConsistentRead: true }))
    if (Item) return true
    await sleep(POLL_MS)
  }
  return false
}
