import type { Attributes, AttributeValue } from '../attributes.ts'

/** Longest PartiQL statement. Source: "Quotas in Amazon DynamoDB"; counted in bytes here, which is never less. */
const MAX_STATEMENT = 8_192

export interface Statement {
  Statement: string
  Parameters: AttributeValue[]
}

/**
 * `INSERT INTO "table" VALUE {'a': ?, …}`, which fails with DuplicateItem where the key exists; `undefined` when the
 * item has so many attributes that the text would be too long. Values travel as parameters and do not count.
 */
export function insertStatement(table: string, attributes: Attributes): Statement | undefined {
  const names = Object.keys(attributes)
  const fields = names.map((name) => `'${name.replaceAll("'", "''")}': ?`).join(', ')
  const text = `INSERT INTO "${table}" VALUE {${fields}}`
  if (Buffer.byteLength(text) > MAX_STATEMENT) return undefined
  return { Statement: text, Parameters: Object.values(attributes) }
}
