import type { KeyType, KeyValue } from '../dynamodb/attributes.ts'
import { type Key, sameKeyValue } from '../dynamodb/key.ts'
import { scaleNumber } from '../dynamodb/number.ts'

/** Longest sort key of type S or B. Source: DynamoDB quotas, "Sort key length". */
export const MAX_SORT_KEY_BYTES = 1024

/** U+10FFFF is the last code point and takes four bytes; `\uffff` is not the maximum: emoji sort after it. */
const MAX_STRING = '\u{10FFFF}'.repeat(MAX_SORT_KEY_BYTES / 4)
const MAX_NUMBER = `9.${'9'.repeat(37)}E+125`

/**
 * Compares two sort keys as DynamoDB does: S by its UTF-8 bytes (JavaScript compares UTF-16 units, a different order
 * from U+E000 on), N by exact value, B by unsigned bytes. Returns a negative number, zero or a positive number, for
 * `Array.sort`.
 * @throws TypeError when the types differ: one table never holds both.
 */
export function compareKeyValues(a: KeyValue, b: KeyValue): number {
  if ('S' in a && 'S' in b) return a.S === b.S ? 0 : Buffer.compare(Buffer.from(a.S), Buffer.from(b.S))
  if ('N' in a && 'N' in b) return compareNumbers(a.N, b.N)
  if ('B' in a && 'B' in b) return Buffer.compare(a.B, b.B)
  throw new TypeError(`Expected two key values of one type, got ${keyTypeOf(a)} and ${keyTypeOf(b)}`)
}

/**
 * Whether neighbours with one partition key ascend by their sort keys. DynamoDB documents that of a Query, not of a scan.
 */
export function ascends(keys: Key[]): boolean {
  return keys.every(({ pk, sk }, index) => {
    const before = keys[index - 1]
    return !before?.sk || !sk || !sameKeyValue(before.pk, pk) || compareKeyValues(before.sk, sk) < 0
  })
}

export function keyTypeOf(value: KeyValue): KeyType {
  if ('S' in value) return 'S'
  return 'N' in value ? 'N' : 'B'
}

/** The greatest sort key of this type. A scan that starts after it has left the partition key behind. */
export function maxKeyValue(type: KeyType): KeyValue {
  switch (type) {
    case 'S':
      return { S: MAX_STRING }
    case 'N':
      return { N: MAX_NUMBER }
    case 'B':
      return { B: new Uint8Array(MAX_SORT_KEY_BYTES).fill(0xff) }
  }
}

function compareNumbers(a: string, b: string): number {
  if (a === b) return 0
  const difference = scaleNumber(a) - scaleNumber(b)
  if (difference === 0n) return 0
  return difference < 0n ? -1 : 1
}
