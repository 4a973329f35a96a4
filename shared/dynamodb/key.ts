import { type Attributes, type AttributeValue, attributeOf, type KeyType, type KeyValue } from './attributes.ts'

export interface KeyAttribute {
  name: string
  type: KeyType
}

/** The primary key of a table; a table without `sk` has one item per partition key. */
export interface KeySchema {
  pk: KeyAttribute
  sk?: KeyAttribute
}

/** The longest values of a partition key and of a sort key. Source: "Quotas in Amazon DynamoDB". */
export const maxPkBytes = 2_048
export const maxSkBytes = 1_024

/** The partition key or the sort key of an index. An item that misses one of the attributes is not in the index. */
export interface IndexKey {
  /** One attribute, or up to four in an index with multi-attribute keys. */
  attributes: KeyAttribute[]
  /** The maximum size of their values together, bytes. */
  maxBytes: number
}

/** What a table requires of its items: a primary key, and valid values for the keys of its indexes. */
export interface TableSchema extends KeySchema {
  /** No value: the table has no indexes. */
  indexKeys?: IndexKey[]
}

/** The primary key of one item, without attribute names. */
export interface Key {
  pk: KeyValue
  sk?: KeyValue
}

/** The key of an item, or `undefined` when an attribute is missing or has another type than the schema says. */
export function keyOf(schema: KeySchema, attributes: Attributes): Key | undefined {
  const pk = keyValue(attributeOf(attributes, schema.pk.name), schema.pk.type)
  if (!pk) return undefined
  if (!schema.sk) return { pk }
  const sk = keyValue(attributeOf(attributes, schema.sk.name), schema.sk.type)
  return sk && { pk, sk }
}

function keyValue(value: AttributeValue | undefined, type: KeyType): KeyValue | undefined {
  return value && type in value ? (value as KeyValue) : undefined
}

/** The key as attributes, for requests (`ExclusiveStartKey`, `Key`). */
export function keyAttributes(schema: KeySchema, key: Key): Attributes {
  return { [schema.pk.name]: key.pk, ...(schema.sk && key.sk && { [schema.sk.name]: key.sk }) }
}

/**
 * A key value as one string, reversible with {@link decodeKeyValue}: `S:text`, `N:digits`, `B:base64`. Equal values
 * give equal strings if their numbers come from DynamoDB, which normalizes them.
 */
export function encodeKeyValue(value: KeyValue): string {
  if ('S' in value) return `S:${value.S}`
  if ('N' in value) return `N:${value.N}`
  return `B:${Buffer.from(value.B).toString('base64')}`
}

export function decodeKeyValue(text: string): KeyValue {
  const body = text.slice(2)
  if (text.startsWith('S:')) return { S: body }
  if (text.startsWith('N:')) return { N: body }
  if (text.startsWith('B:')) return { B: new Uint8Array(Buffer.from(body, 'base64')) }
  throw new TypeError(`Expected a key value starting with "S:", "N:" or "B:", got "${text.slice(0, 2)}"`)
}

/**
 * A key as one string (JSON of its encoded values), reversible with {@link decodeKey}. The ledger identifies items by
 * it.
 */
export function encodeKey(key: Key): string {
  return JSON.stringify(key.sk ? [encodeKeyValue(key.pk), encodeKeyValue(key.sk)] : [encodeKeyValue(key.pk)])
}

export function decodeKey(text: string): Key {
  const [pk, sk] = JSON.parse(text) as [string, string?]
  return sk === undefined ? { pk: decodeKeyValue(pk) } : { pk: decodeKeyValue(pk), sk: decodeKeyValue(sk) }
}

export function sameKeyValue(a: KeyValue, b: KeyValue): boolean {
  return encodeKeyValue(a) === encodeKeyValue(b)
}

export function sameSchema(a: KeySchema, b: KeySchema): boolean {
  const same = (x?: KeyAttribute, y?: KeyAttribute) => x?.name === y?.name && x?.type === y?.type
  return same(a.pk, b.pk) && same(a.sk, b.sk)
}

/** `pk (S), sk (N)`: a schema for people. */
export function describeSchema(schema: KeySchema): string {
  const one = (attribute: KeyAttribute) => `${attribute.name} (${attribute.type})`
  return schema.sk ? `${one(schema.pk)}, ${one(schema.sk)}` : one(schema.pk)
}
