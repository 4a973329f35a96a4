import { createHash } from 'node:crypto'
import type { JsonObject } from './json.ts'

/** The field that Segue adds to every document and mapping: an {@link ItemMark}. */
export const markField = 'segue'

/** What a document says of the item that it was made of. */
export interface ItemMark {
  /** The encoded key of the item: how a document is told from one of another item with the same id. */
  key: string
  /** Its hash: what a walk is sorted by, and cut by. A whole number below 2^52, evenly spread. */
  hash: number
}

/** @param key the encoded key of the item. */
export function itemMark(key: string): JsonObject & ItemMark {
  // 13 hex digits are 52 bits: a double and a `long` hold them exactly.
  return { key, hash: Number.parseInt(createHash('sha256').update(key).digest('hex').slice(0, 13), 16) }
}

/** Only the hash is indexed. A `long` has points, by which a sorted search jumps over what it has passed; a `keyword` has none. */
export const markMapping: JsonObject = {
  properties: { key: { type: 'keyword', index: false, doc_values: false }, hash: { type: 'long' } },
}
