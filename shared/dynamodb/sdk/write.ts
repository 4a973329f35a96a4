import {
  BatchExecuteStatementCommand,
  BatchWriteItemCommand,
  type DynamoDBClient,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb'
import type { Ask, Settle } from '../../runtime/retry.ts'
import type { Attributes } from '../attributes.ts'
import { encodeKey, type KeySchema, keyOf } from '../key.ts'
import type { WriteResult } from '../ports.ts'
import type { RawItem } from '../raw-item.ts'
import { batchStatementBytes, batchWriteBytes, type Call, cutIntoCalls, sendAll } from './calls.ts'
import { tookUnits, writeUnits } from './capacity.ts'
import { calling, errorCode, failed } from './errors.ts'
import { insertStatement, type Statement } from './insert-statement.ts'
import { probePut } from './probe.ts'
import { wireBytes } from './wire-size.ts'

interface Target {
  client: DynamoDBClient
  name: string
  schema: KeySchema
  /** Called before each request. */
  ask: Ask | undefined
}

/** Puts by BatchWriteItem, overwriting. */
export function putItems(target: Target, items: RawItem[]): Promise<WriteResult[]> {
  const attributes = items.map((item) => item.attributes())
  const at = (position: number) => attributes[position] as Attributes
  const groups = cutIntoCalls([...items.keys()], (position) => wireBytes(at(position)), batchWriteBytes)
  const calls = groups.map(
    (positions): Call => ({ positions, send: (report) => putBatch(target, positions.map(at), report) }),
  )
  const court = { alone: (position: number) => putOne(target, at(position)), probe: () => probe(target) }
  return sendAll(items.length, calls, court, target.ask, (position) => writeUnits(at(position)))
}

async function putOne({ client, name }: Target, Item: Attributes): Promise<WriteResult> {
  await calling('PutItem', name, () => client.send(new PutItemCommand({ TableName: name, Item })))
  return 'written'
}

/** Whether a put fails by its condition, as it must. */
function probe({ client, name, schema }: Target): Promise<boolean> {
  return calling('PutItem', name, async () => {
    try {
      await client.send(new PutItemCommand(probePut(name, schema)))
      return false
    } catch (error) {
      if ((error as Error).name === 'ConditionalCheckFailedException') return true
      if ((error as Error).name === 'ValidationException') return false
      throw error
    }
  })
}

async function putBatch({ client, name, schema }: Target, items: Attributes[], report: Settle): Promise<WriteResult[]> {
  const RequestItems = { [name]: items.map((Item) => ({ PutRequest: { Item } })) }
  const response = await calling('BatchWriteItem', name, () =>
    client.send(new BatchWriteItemCommand({ RequestItems, ReturnConsumedCapacity: 'TOTAL' })),
  )
  report(tookUnits(response.ConsumedCapacity))
  const identity = (item: Attributes | undefined) => {
    const key = item && keyOf(schema, item)
    return key && encodeKey(key)
  }
  const unprocessed = Object.values(response.UnprocessedItems ?? {}).flat()
  const open = new Set(unprocessed.map((request) => identity(request.PutRequest?.Item as Attributes | undefined)))
  const results = items.map((item): WriteResult => (open.has(identity(item)) ? 'retry' : 'written'))
  // If an unprocessed item is not recognized (a number spelled otherwise), none may count as written. Puts can be
  // repeated.
  const recognized = results.filter((result) => result === 'retry').length === unprocessed.length
  return recognized ? results : items.map(() => 'retry')
}

/** Inserts items: PartiQL statements in batches; a conditional PutItem for an item too wide for a statement. */
export function insertItems(target: Target, items: RawItem[]): Promise<WriteResult[]> {
  const attributes = items.map((item) => item.attributes())
  const statements = attributes.map((item) => insertStatement(target.name, target.schema, item))
  const at = (position: number) => statements[position] as Statement
  const bytes = (position: number) => at(position).Statement.length + wireBytes(attributes[position] as Attributes)
  const narrow = [...items.keys()].filter((position) => statements[position])
  const wide = [...items.keys()].filter((position) => !statements[position])
  const alone = (position: number) => insertOne(target, attributes[position] as Attributes)
  const calls = [
    ...cutIntoCalls(narrow, bytes, batchStatementBytes).map(
      (positions): Call => ({ positions, send: (report) => insertBatch(target, positions.map(at), report) }),
    ),
    ...wide.map((position): Call => ({ positions: [position], send: async () => [await alone(position)] })),
  ]
  const unitsOf = (position: number) => writeUnits(attributes[position] as Attributes)
  return sendAll(items.length, calls, { alone, probe: () => probe(target) }, target.ask, unitsOf)
}

async function insertBatch({ client, name }: Target, Statements: Statement[], report: Settle): Promise<WriteResult[]> {
  const response = await calling('PartiQLInsert', name, () =>
    client.send(new BatchExecuteStatementCommand({ Statements, ReturnConsumedCapacity: 'TOTAL' })),
  )
  report(tookUnits(response.ConsumedCapacity))
  return Statements.map((_, i): WriteResult => {
    const result = response.Responses?.[i]
    if (!result) return 'retry'
    if (!result.Error) return 'written'
    const { Code: word = 'unknown', Message: message = '' } = result.Error
    if (word === 'DuplicateItem') return 'present'
    const code = errorCode(word)
    if (code === 'throttled' || code === 'conflict' || code === 'unavailable') return 'retry'
    const failure = failed(code, 'PartiQLInsert', name, `${word}: ${message}`, word)
    if (failure.refusal === undefined) throw failure
    return { refused: failure.refusal }
  })
}

async function insertOne({ client, name, schema }: Target, Item: Attributes): Promise<WriteResult> {
  const command = new PutItemCommand({
    TableName: name,
    Item,
    ConditionExpression: 'attribute_not_exists(#pk)',
    ExpressionAttributeNames: { '#pk': schema.pk.name },
  })
  return calling('PutItem', name, async () => {
    try {
      await client.send(command)
      return 'written'
    } catch (error) {
      if ((error as Error).name === 'ConditionalCheckFailedException') return 'present'
      throw error
    }
  })
}
