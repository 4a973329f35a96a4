import type { Attributes, AttributeValue } from '../attributes.ts'
import type { KeySchema } from '../key.ts'

/**
 * Longest PartiQL statement. Source: "Quotas in Amazon DynamoDB". Counted here in bytes, which are never fewer than
 * characters.
 */
const MAX_STATEMENT = 8_192

export interface Statement {
  Statement: string
  Parameters: AttributeValue[]
}

/**
 * `INSERT INTO "table" VALUE {'a': ?, …}`, which fails with DuplicateItem where the key exists; `undefined` when no
 * statement can say it: the item has so many attributes that the text would be too long (values travel as parameters and
 * do not count), or the name of the partition key looks like a placeholder (DynamoDB Local 3.3.1: "An expression attribute
 * name used in the document path is not defined").
 */
export function insertStatement(table: string, { pk }: KeySchema, attributes: Attributes): Statement | undefined {
  if (/^[#:]/.test(pk.name)) return undefined
  const names = Object.keys(attributes)
  const fields = names.map((name) => `'${name.replaceAll("'", "''")}': ?`).join(', ')
  const text = `INSERT INTO "${table}" VALUE {${fields}}`
  if (Buffer.byteLength(text) > MAX_STATEMENT) return undefined
  return { Statement: text, Parameters: Object.values(attributes) }
}
