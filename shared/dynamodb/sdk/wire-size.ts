import type { Attributes, AttributeValue } from '../attributes.ts'

/**
 * Bytes of an item as JSON on the wire. It can be several times the stored size: bytes travel as base64, control
 * characters as escapes, and each number of a list as `{"N":"1"},`.
 */
export function wireBytes(attributes: Attributes): number {
  let bytes = 2
  for (const name in attributes) bytes += textBytes(name) + 2 + valueBytes(attributes[name] as AttributeValue)
  return bytes
}

/** `{"S":…}` and the like; at most 10 bytes around a value. */
const ENVELOPE = 10

function valueBytes(value: AttributeValue): number {
  if ('S' in value) return ENVELOPE + textBytes(value.S)
  if ('N' in value) return ENVELOPE + value.N.length
  if ('M' in value) return ENVELOPE + wireBytes(value.M)
  if ('L' in value) return value.L.reduce((sum, each) => sum + valueBytes(each) + 1, ENVELOPE)
  if ('B' in value) return ENVELOPE + base64Bytes(value.B)
  if ('SS' in value) return value.SS.reduce((sum, text) => sum + textBytes(text) + 1, ENVELOPE)
  if ('NS' in value) return value.NS.reduce((sum, digits) => sum + digits.length + 3, ENVELOPE)
  if ('BS' in value) return value.BS.reduce((sum, each) => sum + base64Bytes(each) + 3, ENVELOPE)
  return ENVELOPE + 5
}

function textBytes(text: string): number {
  return Buffer.byteLength(JSON.stringify(text))
}

function base64Bytes(bytes: Uint8Array): number {
  return Math.ceil(bytes.length / 3) * 4
}
