import type { KeyValue } from '../attributes.ts'
import { sameKeyValue } from '../key.ts'

/** Whether two key values are the same to DynamoDB, however their numbers are spelled: `1.0` is `1`, `1E2` is `100`. */
export function sameValue(a: KeyValue, b: KeyValue): boolean {
  if ('N' in a && 'N' in b) return canonical(a.N) === canonical(b.N)
  return sameKeyValue(a, b)
}

/** Sign, digits without zeros at either end, and a power of ten: one spelling per number, without loss. */
function canonical(number: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/.exec(number) ?? []
  const digits = (whole + fraction).replace(/^0+/, '')
  const significant = digits.replace(/0+$/, '')
  if (significant === '') return '0'
  const power = Number(exponent) - fraction.length + digits.length - significant.length
  return `${sign === '-' ? '-' : ''}${significant}E${power}`
}
