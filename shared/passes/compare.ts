import { type Attributes, type AttributeValue, attributeOf } from '../dynamodb/attributes.ts'
import { canonicalNumber } from '../dynamodb/number.ts'

/**
 * Names of the top-level attributes in which two items differ, in order; none when the items are equal. Deep: numbers by
 * value, sets without order, everything else to the byte; `""` is not null, and an absent attribute is neither.
 */
export function differingAttributes(a: Attributes, b: Attributes): string[] {
  const names = new Set([...Object.keys(a), ...Object.keys(b)])
  return [...names].filter((name) => canonical(attributeOf(a, name)) !== canonical(attributeOf(b, name))).sort()
}

/** One text for a value, equal exactly when the values are; absent values have none. */
function canonical(value: AttributeValue | undefined): string | undefined {
  if (value === undefined) return undefined
  if ('S' in value) return `S${JSON.stringify(value.S)}`
  if ('N' in value) return `N${number(value.N)}`
  if ('B' in value) return `B${base64(value.B)}`
  if ('BOOL' in value) return `T${value.BOOL}`
  if ('NULL' in value) return '0'
  if ('SS' in value) return `SS[${value.SS.map((text) => JSON.stringify(text)).sort()}]`
  if ('NS' in value) return `NS[${value.NS.map(number).sort()}]`
  if ('BS' in value) return `BS[${value.BS.map(base64).sort()}]`
  if ('L' in value) return `L[${value.L.map(canonical)}]`
  const entries = Object.keys(value.M)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${canonical(value.M[name])}`)
  return `M{${entries}}`
}

const number = (text: string) => canonicalNumber(text) ?? text
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')
