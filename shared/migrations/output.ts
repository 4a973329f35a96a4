import { type Attributes, attributeOf } from '../dynamodb/attributes.ts'
import { itemBytes, maxItemBytes, valueBytes } from '../dynamodb/item-size.ts'
import {
  encodeKey,
  type IndexKey,
  type KeyAttribute,
  type KeySchema,
  maxPkBytes,
  maxSkBytes,
  type TableSchema,
} from '../dynamodb/key.ts'
import { type RawItem, rawItem } from '../dynamodb/raw-item.ts'
import { UnstorableError } from './errors.ts'
import { toAttributes } from './values.ts'

/** An output ready to be written, or the reason why DynamoDB would refuse it. */
export function toOutput(schema: TableSchema, item: object): RawItem | { reason: string } {
  try {
    const attributes = toAttributes(item)
    const problem = keyProblem(schema, attributes) ?? indexProblem(schema, attributes)
    if (problem) return { reason: problem }
    if (itemBytes(attributes) > maxItemBytes)
      return { reason: `larger than ${maxItemBytes.toLocaleString('en')} bytes` }
    return rawItem(schema, attributes)
  } catch (error) {
    if (UnstorableError.is(error)) return { reason: error.message }
    throw error
  }
}

/** Why the key in these attributes is missing or invalid; `undefined` if it is valid. */
export function keyProblem({ pk, sk }: KeySchema, attributes: Attributes): string | undefined {
  const half = (attribute: KeyAttribute, maxBytes: number) =>
    attributeOf(attributes, attribute.name)
      ? valuesProblem('key', { attributes: [attribute], maxBytes }, attributes)
      : `key attribute \`${attribute.name}\` is missing`
  return half(pk, maxPkBytes) ?? (sk && half(sk, maxSkBytes))
}

/**
 * Why a table would refuse an item for its indexes; `undefined` if it accepts it. An item that misses an attribute of
 * an index is not in that index, but its other attributes of that index must still be valid, as DynamoDB Local 3.3.1
 * requires.
 */
export function indexProblem({ indexKeys = [] }: TableSchema, attributes: Attributes): string | undefined {
  for (const key of indexKeys) {
    const problem = valuesProblem('index key', key, attributes)
    if (problem) return problem
  }
  return undefined
}

function valuesProblem(what: string, key: IndexKey, attributes: Attributes): string | undefined {
  const present = key.attributes.flatMap(({ name, type }) => {
    const value = attributeOf(attributes, name)
    return value ? [{ name, type, value }] : []
  })
  let bytes = 0
  for (const { name, type, value } of present) {
    if (!(type in value)) return `${what} attribute \`${name}\`: expected ${type}, got ${Object.keys(value)[0]}`
    const own = valueBytes(value)
    if (own === 0) return `${what} attribute \`${name}\` is empty`
    bytes += own
  }
  if (bytes <= key.maxBytes) return undefined
  const names = present.map(({ name }) => `\`${name}\``).join(', ')
  const are = present.length > 1 ? `attributes ${names} are` : `attribute ${names} is`
  return `${what} ${are} longer than ${key.maxBytes.toLocaleString('en')} bytes`
}

export function shareKey(items: readonly RawItem[]): boolean {
  return items.length > 1 && new Set(items.map((item) => encodeKey(item.key))).size < items.length
}
