import { createHash } from 'node:crypto'
import { realpathSync } from 'node:fs'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { generate } from '../examples/dawson/generate.ts'
import type { Attributes, KeyType, KeyValue } from '../shared/dynamodb/attributes.ts'
import type { TableSchema } from '../shared/dynamodb/key.ts'
import { describeTable } from '../shared/dynamodb/sdk/describe.ts'
import { localClient } from './environment.ts'
import { load } from './load.ts'
import { EXAMPLE } from './paths.ts'

/** The share of items under one partition key, as in the demo, so that a split is seen. */
const HOT_SHARE = 0.7
/** Text that makes an item about half a kilobyte. */
const TEXT = 'Seeded for local use. '.repeat(20)

/**
 * Puts generated items into the source, the same ones each time: the court's for the example, generic ones for any other
 * app. Returns a sentence about them.
 */
export async function seed(endpoint: string, table: string, appDirectory: string, items: number): Promise<string> {
  const client = new DynamoDBClient(localClient(endpoint))
  const isExample = realpathSync(appDirectory) === EXAMPLE
  const { schema } = await describeTable(client, table)
  const made = isExample ? generate({ seed: 1, items, hotShare: HOT_SHARE }) : genericItems(schema, items)
  const put = await load(client, table, made)
  const what = `${put.toLocaleString('en-US')} items put into ${table}`
  if (!isExample && !schema.sk) return `${what}; the table has no sort key, so no partition key is hot`
  return `${what}, ${HOT_SHARE * 100} % of them under one partition key`
}

/**
 * Items that fit a key schema and are in no index, all with distinct keys. Where there is a sort key, 70 % of them share
 * one partition key and the others share theirs by tens.
 */
export function* genericItems({ pk, sk, indexKeys = [] }: TableSchema, items: number): Generator<Attributes> {
  const indexed = new Set(indexKeys.flatMap(({ attributes }) => attributes.map(({ name }) => name)))
  for (let i = 0; i < items; i++) {
    const isHot = Math.floor((i + 1) * HOT_SHARE) > Math.floor(i * HOT_SHARE)
    const partition = sk ? (isHot ? 0 : 1 + Math.floor(i / 10)) : i
    const others: Attributes = {
      number: { N: String(i) },
      text: { S: TEXT },
      flags: { M: { even: { BOOL: i % 2 === 0 } } },
    }
    yield {
      ...Object.fromEntries(Object.entries(others).filter(([name]) => !indexed.has(name))),
      [pk.name]: keyValue(pk.type, partition, partition === 0 && sk ? 'hot' : `key-${partition}`),
      ...(sk && { [sk.name]: keyValue(sk.type, i, `item-${String(i).padStart(9, '0')}`) }),
    }
  }
}

/** One key value, distinct for each `n`. */
function keyValue(type: KeyType, n: number, text: string): KeyValue {
  switch (type) {
    case 'S':
      return { S: text }
    case 'N':
      return { N: String(n) }
    case 'B':
      return { B: new Uint8Array(createHash('sha256').update(text).digest().subarray(0, 16)) }
  }
}
