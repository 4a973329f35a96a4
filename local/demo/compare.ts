import { createHash } from 'node:crypto'
import { type DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb'
import { expected } from '../../examples/dawson/expected.ts'
import type { Attributes, AttributeValue } from '../../shared/dynamodb/attributes.ts'
import { encodeKey, keyOf } from '../../shared/dynamodb/key.ts'

export interface Comparison {
  /** Items the destination ought to hold. */
  expected: number
  found: number
  missing: number
  different: number
  unexpected: number
  equal: boolean
  /** Encoded keys of the source items that ought to be quarantined. */
  toQuarantine: string[]
}

/**
 * Reads both tables from end to end and compares each item of the destination with the result of rules written by hand. It
 * uses neither the engine nor the migrations.
 */
export async function compare(client: DynamoDBClient, source: string, destination: string): Promise<Comparison> {
  const [[wanted, toQuarantine], found] = await Promise.all([
    expectation(client, source),
    contents(client, destination),
  ])
  let [missing, different] = [0, 0]
  for (const [key, hash] of wanted) {
    const actual = found.get(key)
    if (actual === undefined) missing++
    else if (actual !== hash) different++
  }
  const unexpected = [...found.keys()].filter((key) => !wanted.has(key)).length
  const equal = missing + different + unexpected === 0
  return { expected: wanted.size, found: found.size, missing, different, unexpected, equal, toQuarantine }
}

async function expectation(client: DynamoDBClient, table: string): Promise<[Map<string, string>, string[]]> {
  const wanted = new Map<string, string>()
  const toQuarantine: string[] = []
  for await (const item of scan(client, table)) {
    const result = expected(item)
    if ('quarantined' in result) toQuarantine.push(keyText(item))
    else for (const output of result.outputs) wanted.set(keyText(output), hash(output))
  }
  return [wanted, toQuarantine]
}

async function contents(client: DynamoDBClient, table: string): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  for await (const item of scan(client, table)) found.set(keyText(item), hash(item))
  return found
}

async function* scan(client: DynamoDBClient, table: string): AsyncGenerator<Attributes> {
  const pages = paginateScan({ client, pageSize: 1000 }, { TableName: table, ConsistentRead: true })
  for await (const { Items = [] } of pages) yield* Items as Attributes[]
}

function keyText(item: Attributes): string {
  const key = keyOf({ pk: { name: 'pk', type: 'S' }, sk: { name: 'sk', type: 'S' } }, item)
  if (!key) throw new Error('Expected every item to have the text attributes pk and sk, got one without.')
  return encodeKey(key)
}

/** Two maps of whole items would take half a gigabyte. */
function hash(item: Attributes): string {
  return createHash('sha256')
    .update(JSON.stringify(canonical({ M: item })))
    .digest('base64')
}

/** A value in one spelling: members of maps and sets sorted, bytes as base64. */
function canonical(value: AttributeValue): unknown {
  if ('M' in value)
    return {
      M: Object.entries(value.M)
        .sort(byName)
        .map(([name, member]) => [name, canonical(member)]),
    }
  if ('L' in value) return { L: value.L.map(canonical) }
  if ('SS' in value) return { SS: value.SS.toSorted() }
  if ('NS' in value) return { NS: value.NS.toSorted() }
  if ('BS' in value) return { BS: value.BS.map(base64).sort() }
  if ('B' in value) return { B: base64(value.B) }
  return value
}

function byName([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : 1
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}
