import type { JsonObject } from '../search/json.ts'
import type { Item } from './values.ts'

/** A search index as the engine builds it; {@link defineIndex} is how to write one. */
export interface IndexDefinition {
  /**
   * The alias by which applications search: lower-case letters, digits, `-`, `_` and `.`. The index behind it is Segue's,
   * and is named `<alias>-<hash>-<run>-<n>`.
   */
  readonly alias: string
  /** Settings of the index, those below `index`, such as `{ number_of_shards: 3, analysis: {…} }`. */
  readonly settings?: JsonObject
  /**
   * Mappings of its documents. Unless they say otherwise, fields that they do not name are kept in the document and not
   * indexed (`dynamic: false`).
   */
  readonly mappings: JsonObject
  /**
   * The id of the document of an item, given only the item's key attributes: 1 to 512 bytes of UTF-8, another for each
   * item. `undefined` if no item with this key has a document here, whatever it holds.
   */
  id(key: Item): string | undefined
  /**
   * The routing of the document, given only the item's key attributes. `undefined` only where the mapping requires none.
   * @default none: the id decides the shard
   */
  routing?(key: Item): string | undefined
  /**
   * The document of an item, as plain JSON; `undefined` if this item has none. Pure and synchronous: it may run many times
   * for one item and must return the same each time. Sets, bytes and numbers that a double cannot hold are refused: write
   * them as lists and as text.
   */
  document(item: Item): object | undefined
}

/**
 * Defines one search index, built from the items of the destination and kept in step with them. Each item has at most one
 * document in it. Every document also has the field `segue`, with the key of its item and a hash of it; Segue adds it to
 * document and mapping.
 *
 * An item is quarantined for this index, with the reason, if `id`, `routing` or `document` throws or returns what cannot
 * be sent, or if the mapping does not take the document. Other items continue.
 */
export function defineIndex(definition: IndexDefinition): IndexDefinition {
  return definition
}
