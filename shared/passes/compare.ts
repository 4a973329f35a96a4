import { type Attributes, attributeOf } from '../dynamodb/attributes.ts'
import { canonical } from '../dynamodb/canonical.ts'

/**
 * Names of the top-level attributes in which two items differ, sorted; empty if the items are equal. Compares deeply:
 * numbers by value, sets without order, everything else to the byte. `""` is not null, and an absent attribute is
 * neither.
 */
export function differingAttributes(a: Attributes, b: Attributes): string[] {
  const names = new Set([...Object.keys(a), ...Object.keys(b)])
  return [...names].filter((name) => canonical(attributeOf(a, name)) !== canonical(attributeOf(b, name))).sort()
}
