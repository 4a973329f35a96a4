import fc from 'fast-check'
import type { Attributes, AttributeValue, KeyType, KeyValue } from '../../shared/dynamodb/attributes.ts'
import type { Key, KeySchema, TableSchema } from '../../shared/dynamodb/key.ts'
import type { Page, Table } from '../../shared/dynamodb/ports.ts'
import { type RawItem, rawItem } from '../../shared/dynamodb/raw-item.ts'

/** Makes an empty table. */
export type MakeTable = (schema: TableSchema) => Promise<Table>

export const KEY_TYPES = ['S', 'N', 'B'] as const

export const plainSchema: KeySchema = { pk: { name: 'id', type: 'S' } }

export function schemaWith(type: KeyType): KeySchema {
  return { pk: { name: 'pk', type: 'S' }, sk: { name: 'sk', type } }
}

const bytes = (...values: number[]): KeyValue => ({ B: Uint8Array.from(values) })

/** Sort keys of each type in the order DynamoDB gives them, written down by hand. */
export const ordered: Record<KeyType, KeyValue[]> = {
  S: ['\u0001', 'A', 'a', 'a!', 'ab', 'z', 'é', '\ud7ff', '\uffff', '😀'].map((S) => ({ S })),
  N: [
    '-100000000000000000000',
    '-2.5',
    '-2',
    '-0.001',
    '0',
    '0.0000000001',
    '1',
    '1.05',
    '1.5',
    '9',
    '10',
    '12345678901234567890123456789012345678',
  ].map((N) => ({ N })),
  B: [bytes(0), bytes(0, 0), bytes(0, 255), bytes(1), bytes(0x7f), bytes(0x80), bytes(255), bytes(255, 0)],
}

/** The greatest sort key of each type, which no item has. */
export const greatest: Record<KeyType, KeyValue> = {
  S: { S: '\u{10ffff}'.repeat(256) },
  N: { N: '9.9999999999999999999999999999999999999E+125' },
  B: { B: new Uint8Array(1024).fill(255) },
}

const digits = (length: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 1, maxLength: length })

const arbitrary: Record<KeyType, fc.Arbitrary<KeyValue>> = {
  S: fc.string({ unit: 'binary', minLength: 1, maxLength: 6 }).map((S) => ({ S })),
  N: fc
    .tuple(fc.constantFrom('', '-'), digits(2), fc.oneof(digits(3), digits(36)), fc.constantFrom(0, 0, 1, -2, 60, -90))
    .map(([sign, whole, fraction, power]) => ({ N: `${sign}${whole}.${fraction}E${power}` })),
  B: fc.uint8Array({ minLength: 1, maxLength: 4 }).map((B) => ({ B })),
}

/** Many sort keys of a type, the same ones every time; some may be equal. */
export function anySortKeys(type: KeyType): KeyValue[] {
  return fc.sample(arbitrary[type], { seed: 1, numRuns: 400 })
}

/** An item of this key in the names of the schema. */
export function item(schema: KeySchema, { pk, sk }: Key, rest: Attributes = {}): RawItem {
  return rawItem(schema, { [schema.pk.name]: pk, ...(schema.sk && sk && { [schema.sk.name]: sk }), ...rest })
}

/** Puts one item under `hot` for each sort key, and one under each of the other partition keys. */
export async function fill(table: Table, sortKeys: KeyValue[], others: string[] = []): Promise<void> {
  const under = (S: string, sk: KeyValue) => item(table.schema, { pk: { S }, sk })
  await table.put([
    ...sortKeys.map((sk) => under('hot', sk)),
    ...others.map((other) => under(other, sortKeys[0] as KeyValue)),
  ])
}

/** Follows `next` to the end; `more` asks for the page after a key. */
export async function allPages(more: (after?: Key) => Promise<Page>): Promise<{ pages: Page[]; items: RawItem[] }> {
  const pages: Page[] = []
  let after: Key | undefined
  do {
    const page = await more(after)
    pages.push(page)
    after = page.next
  } while (after)
  return { pages, items: pages.flatMap((page) => page.items) }
}

/** Attributes for comparison: sets sorted, as the service keeps them in no order; bytes as plain Uint8Array. */
export function comparable(attributes: Attributes): Attributes {
  return Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, comparableValue(value)]))
}

function comparableValue(value: AttributeValue): AttributeValue {
  if ('SS' in value) return { SS: value.SS.toSorted() }
  if ('NS' in value) return { NS: value.NS.toSorted() }
  if ('BS' in value) return { BS: value.BS.map((each) => new Uint8Array(each)).toSorted(Buffer.compare) }
  if ('B' in value) return { B: new Uint8Array(value.B) }
  if ('M' in value) return { M: comparable(value.M) }
  if ('L' in value) return { L: value.L.map(comparableValue) }
  return value
}
