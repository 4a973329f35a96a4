import type { KeyValue } from '../attributes.ts'
import { sameKeyValue } from '../key.ts'
import { canonicalNumber } from '../number.ts'

/** Whether two key values are the same to DynamoDB, however their numbers are spelled: `1.0` is `1`, `1E2` is `100`. */
export function sameValue(a: KeyValue, b: KeyValue): boolean {
  return 'N' in a && 'N' in b ? canonicalNumber(a.N) === canonicalNumber(b.N) : sameKeyValue(a, b)
}
