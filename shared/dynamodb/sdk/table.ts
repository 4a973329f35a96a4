import {
  type AttributeValue,
  BatchGetItemCommand,
  type ConsumedCapacity,
  type DynamoDBClient,
  QueryCommand,
  ScanCommand,
} from '@aws-sdk/client-dynamodb'
import type { Ask } from '../../runtime/retry.ts'
import type { Attributes } from '../attributes.ts'
import { DynamoDbError } from '../errors.ts'
import { describeSchema, type Key, type KeySchema, keyAttributes, keyOf } from '../key.ts'
import { spending } from '../meter.ts'
import type { Page, QueryRequest, ScanRequest, Table } from '../ports.ts'
import { type RawItem, rawItem } from '../raw-item.ts'
import { readAll } from './calls.ts'
import { tookUnits } from './capacity.ts'
import { calling } from './errors.ts'
import { keyCondition } from './key-condition.ts'
import { readProtoAttributes } from './proto-attribute.ts'
import { sameValue } from './same-value.ts'
import { insertItems, putItems } from './write.ts'

/**
 * A table of DynamoDB by the AWS SDK.
 * @param client Made with `maxAttempts: 1`: retrying happens once, in `retrying`.
 * @param schema As {@link describeTable} says it is.
 * @param ask Called before each call of an operation that makes several.
 */
export function sdkTable(client: DynamoDBClient, name: string, schema: KeySchema, ask?: Ask): Table {
  readProtoAttributes(client)
  return {
    name,
    schema,
    scan: (request) => scan(client, name, schema, request),
    query: (request) => query(client, name, schema, request),
    get: (keys) => get(client, name, schema, keys, ask),
    put: (items) => putItems({ client, name, schema, ask }, items),
    insert: (items) => insertItems({ client, name, schema, ask }, items),
  }
}

async function scan(client: DynamoDBClient, name: string, schema: KeySchema, request: ScanRequest): Promise<Page> {
  const command = new ScanCommand({
    TableName: name,
    Segment: request.segment,
    TotalSegments: request.totalSegments,
    ...(request.after && { ExclusiveStartKey: keyAttributes(schema, request.after) }),
    Limit: request.limit,
    ConsistentRead: request.consistent,
    ReturnConsumedCapacity: 'TOTAL',
  })
  return page(name, schema, await calling('Scan', name, () => client.send(command)))
}

async function query(client: DynamoDBClient, name: string, schema: KeySchema, request: QueryRequest): Promise<Page> {
  const { after, upTo, reverse } = request
  if (!schema.sk && (after || upTo))
    throw new DynamoDbError(
      'invalid-request',
      `Expected no sort-key range for ${name}, which has no sort key. Only tables with a sort key can be read by range.`,
    )
  // The service refuses BETWEEN x AND x with the start key x: "does not match the range key predicate".
  if (after && upTo && sameValue(after, upTo)) return { items: [] }
  const command = new QueryCommand({
    TableName: name,
    ...keyCondition(schema, request),
    ScanIndexForward: !reverse,
    Limit: request.limit,
    ConsistentRead: request.consistent,
    ReturnConsumedCapacity: 'TOTAL',
  })
  const all = page(name, schema, await calling('Query', name, () => client.send(command)))
  if (!reverse || !after) return all
  // Backwards, the condition includes `after` as its last item: nothing comes after it.
  const items = all.items.filter((item) => !(item.key.sk && sameValue(item.key.sk, after)))
  return items.length < all.items.length ? { ...(all.units !== undefined && { units: all.units }), items } : all
}

interface Response {
  Items?: Record<string, AttributeValue>[] | undefined
  LastEvaluatedKey?: Record<string, AttributeValue> | undefined
  ConsumedCapacity?: ConsumedCapacity | undefined
}

function page(name: string, schema: KeySchema, response: Response): Page {
  const { Items = [], LastEvaluatedKey } = response
  const took = tookUnits(response.ConsumedCapacity)
  const units = took === undefined ? {} : { units: took }
  const items = Items.map((item) => rawItem(schema, item as Attributes))
  if (!LastEvaluatedKey) return { items, ...units }
  const next = keyOf(schema, LastEvaluatedKey as Attributes)
  if (next) return { items, next, ...units }
  throw new DynamoDbError(
    'malformed-answer',
    `Expected a LastEvaluatedKey of ${name} with ${describeSchema(schema)}, got one with ${Object.keys(LastEvaluatedKey).join(', ') || 'nothing'}. Nothing was skipped: report it, and say which service is at the endpoint.`,
  )
}

function get(
  client: DynamoDBClient,
  name: string,
  schema: KeySchema,
  keys: Key[],
  ask: Ask | undefined,
): Promise<RawItem[]> {
  const wanted: Record<string, AttributeValue>[] = keys.map((key) => keyAttributes(schema, key))
  return readAll(name, wanted, async (open) => {
    await ask?.()
    const RequestItems = { [name]: { Keys: open, ConsistentRead: true } }
    const command = new BatchGetItemCommand({ RequestItems, ReturnConsumedCapacity: 'TOTAL' })
    // A unit for each key, as long as items have 4 KB at most.
    const response = await spending(
      ask,
      'read',
      () => open.length,
      async (report) => {
        const answer = await calling('BatchGetItem', name, () => client.send(command))
        report(tookUnits(answer.ConsumedCapacity))
        return answer
      },
    )
    const found = Object.values(response.Responses ?? {}).flat()
    const rest = Object.values(response.UnprocessedKeys ?? {}).flatMap((each) => each.Keys ?? [])
    return { items: found.map((item) => rawItem(schema, item as Attributes)), rest }
  })
}
