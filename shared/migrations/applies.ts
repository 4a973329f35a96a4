import { type AttributeValue, attributeOf, type KeyValue } from '../dynamodb/attributes.ts'
import { canonicalNumber } from '../dynamodb/number.ts'
import type { RawItem } from '../dynamodb/raw-item.ts'
import type { DeclaredApplies } from './migration.ts'

/** Whether a declared `applies` claims an item: tests its key first, and its attributes only if the key matches. */
export function declaredApplies({ keyPrefix, attribute }: DeclaredApplies, item: RawItem): boolean {
  return (
    startsWith(item.key.pk, keyPrefix?.pk) &&
    startsWith(item.key.sk, keyPrefix?.sk) &&
    (attribute === undefined || equals(attributeOf(item.attributes(), attribute.name), attribute.equals))
  )
}

function startsWith(value: KeyValue | undefined, prefix: string | undefined): boolean {
  if (prefix === undefined) return true
  return value !== undefined && 'S' in value && value.S.startsWith(prefix)
}

function equals(value: AttributeValue | undefined, expected: string | number | boolean | null): boolean {
  if (value === undefined) return false
  if (expected === null) return 'NULL' in value
  if (typeof expected === 'string') return 'S' in value && value.S === expected
  if (typeof expected === 'boolean') return 'BOOL' in value && value.BOOL === expected
  return 'N' in value && canonicalNumber(value.N) === canonicalNumber(String(expected))
}
