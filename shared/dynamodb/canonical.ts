import type { AttributeValue } from './attributes.ts'
import { canonicalNumber } from './number.ts'

/** The canonical text of a value: two texts are equal exactly when the values are. `undefined` for an absent value. */
export function canonical(value: AttributeValue | undefined): string | undefined {
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
