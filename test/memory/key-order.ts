import type { KeyValue } from '../../shared/dynamodb/attributes.ts'
import { decimalBytes, parseDecimal } from './decimal.ts'
import { invalid } from './invalid.ts'

/**
 * A key value as bytes that compare as DynamoDB orders such values; equal bytes, equal value. Written apart from the
 * engine's own order, so that each checks the other.
 */
export function orderBytes(value: KeyValue): Buffer {
  if ('S' in value) return Buffer.from(value.S, 'utf8')
  if ('B' in value) return Buffer.from(value.B)
  const decimal = parseDecimal(value.N)
  if (!decimal) throw invalid('a number of at most 38 digits as a key', 'another')
  return decimalBytes(decimal)
}

/** First index of the sorted `list` for which `reached` holds; it must hold for all that follow. */
export function lowerBound<T>(list: readonly T[], reached: (element: T) => boolean): number {
  let low = 0
  let high = list.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (reached(list[middle] as T)) high = middle
    else low = middle + 1
  }
  return low
}

/** Number of values of {@link hash}. */
const HASHES = 2 ** 32

/** Where a partition key lies: FNV-1a with the finalizer of MurmurHash3, which also spreads keys that differ at the end. */
export function hash(id: string): number {
  let h = 0x811c9dc5
  for (let i = 0; i < id.length; i++) h = Math.imul(h ^ id.charCodeAt(i), 0x01000193)
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

/** Segments are equal, contiguous ranges of the hash space. */
export function segmentOf(hashed: number, totalSegments: number): number {
  return Math.floor((hashed * totalSegments) / HASHES)
}
