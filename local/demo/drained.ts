import { setTimeout as sleep } from 'node:timers/promises'
import { type DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb'

/** How long to wait for a change before it counts as stuck. */
const PATIENCE_MS = 600_000
const POLL_MS = 500

/**
 * Waits until every change made to the source before this call has been applied: puts a last item there and waits for it in
 * the destination, twice, because items of one batch are applied in no order and the second is in a later batch than the first.
 * The emulator's stream has one shard, and applies one batch of it at a time.
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
