import { BatchWriteItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { Attributes } from '../shared/dynamodb/attributes.ts'

/** Items in one BatchWriteItem, the most it takes, and calls under way at once. */
const BATCH = 25
const IN_FLIGHT = 8

/** Writes items to an empty table as fast as it takes them; returns how many. */
export async function load(client: DynamoDBClient, table: string, items: Iterable<Attributes>): Promise<number> {
  const batches = batched(items)
  let loaded = 0
  const writer = async () => {
    // A generator hands each batch to one writer only.
    for (const batch of batches) {
      await write(client, table, batch)
      loaded += batch.length
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, writer))
  return loaded
}

async function write(client: DynamoDBClient, table: string, items: Attributes[]): Promise<void> {
  let open = { [table]: items.map((Item) => ({ PutRequest: { Item } })) }
  while (open[table]?.length) {
    const answer = await client.send(new BatchWriteItemCommand({ RequestItems: open }))
    open = (answer.UnprocessedItems ?? {}) as typeof open
  }
}

function* batched(items: Iterable<Attributes>): Generator<Attributes[]> {
  let batch: Attributes[] = []
  for (const item of items) {
    batch.push(item)
    if (batch.length < BATCH) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}
