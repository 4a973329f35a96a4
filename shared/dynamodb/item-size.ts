import type { Attributes, AttributeValue } from './attributes.ts'

/** The most an item may weigh: 400 KB, where a KB is 1,024 bytes. */
export const maxItemBytes = 409_600

/**
 * The size of an item in bytes, as DynamoDB counts it against its 400 KB limit: names and values; 3 bytes for a map or
 * list and 1 more for each element; 1 byte for a number and 1 for every two significant digits. Numbers must be spelled
 * as DynamoDB returns them, without exponent.
 * Source: "DynamoDB item sizes and formats", Amazon DynamoDB Developer Guide. The guide calls the rule for numbers
 * approximate; ours is measured at the limit of DynamoDB Local 3.3.1: another byte for a minus sign, 21 at most.
 */
export function itemBytes(attributes: Attributes): number {
  let bytes = 0
  for (const name in attributes) bytes += utf8Bytes(name) + valueBytes(attributes[name] as AttributeValue)
  return bytes
}

export function utf8Bytes(text: string): number {
  return Buffer.byteLength(text, 'utf8')
}

export function valueBytes(value: AttributeValue): number {
  if ('S' in value) return utf8Bytes(value.S)
  if ('N' in value) return numberBytes(value.N)
  if ('B' in value) return value.B.byteLength
  if ('SS' in value) return sum(value.SS, utf8Bytes)
  if ('NS' in value) return sum(value.NS, numberBytes)
  if ('BS' in value) return sum(value.BS, (bytes) => bytes.byteLength)
  if ('M' in value) return 3 + Object.keys(value.M).length + itemBytes(value.M)
  if ('L' in value) return 3 + value.L.length + sum(value.L, valueBytes)
  return 1
}

/** Two digits take one byte, in pairs counted from the decimal point; leading and trailing pairs of zeros take none. */
function numberBytes(text: string): number {
  const [whole = '', fraction = ''] = text.replace(/^-/, '').split('.')
  const pairs = evenLength(whole) + whole + fraction + evenLength(fraction)
  const stored = pairs.replace(/^(?:00)+/, '').replace(/(?:00)+$/, '')
  return Math.min(21, 1 + stored.length / 2 + (text.startsWith('-') ? 1 : 0))
}

function evenLength(digits: string): string {
  return digits.length % 2 === 0 ? '' : '0'
}

function sum<T>(values: readonly T[], bytesOf: (value: T) => number): number {
  let total = 0
  for (const value of values) total += bytesOf(value)
  return total
}
