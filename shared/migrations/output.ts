import type { KeyValue } from '../dynamodb/attributes.ts'
import { itemBytes, maxItemBytes, utf8Bytes } from '../dynamodb/item-size.ts'
import { encodeKey, type KeyAttribute, type KeySchema } from '../dynamodb/key.ts'
import { type RawItem, rawItem } from '../dynamodb/raw-item.ts'
import { UnstorableError } from './errors.ts'
import { toAttributes } from './values.ts'

/** The longest key values. Source: "Quotas in Amazon DynamoDB", partition keys and sort keys. */
const maxPkBytes = 2_048
const maxSkBytes = 1_024

/** An output ready to be written, or why DynamoDB would refuse it. */
export function toOutput(schema: KeySchema, item: object): RawItem | { reason: string } {
  try {
    const attributes = toAttributes(item)
    const problem =
      keyProblem(attributes[schema.pk.name], schema.pk, maxPkBytes) ??
      (schema.sk && keyProblem(attributes[schema.sk.name], schema.sk, maxSkBytes))
    if (problem) return { reason: problem }
    if (itemBytes(attributes) > maxItemBytes)
      return { reason: `larger than ${maxItemBytes.toLocaleString('en')} bytes` }
    return rawItem(schema, attributes)
  } catch (error) {
    if (error instanceof UnstorableError) return { reason: error.message }
    throw error
  }
}

function keyProblem(value: object | undefined, { name, type }: KeyAttribute, maxBytes: number): string | undefined {
  if (value === undefined) return `key attribute \`${name}\` is missing`
  if (!(type in value)) return `key attribute \`${name}\`: expected ${type}, got ${Object.keys(value)[0]}`
  const bytes = keyBytes(value as KeyValue)
  if (bytes === 0) return `key attribute \`${name}\` is empty`
  if (bytes > maxBytes) return `key attribute \`${name}\` is longer than ${maxBytes.toLocaleString('en')} bytes`
  return undefined
}

function keyBytes(value: KeyValue): number {
  if ('S' in value) return utf8Bytes(value.S)
  return 'B' in value ? value.B.byteLength : value.N.length
}

export function shareKey(items: readonly RawItem[]): boolean {
  return items.length > 1 && new Set(items.map((item) => encodeKey(item.key))).size < items.length
}
