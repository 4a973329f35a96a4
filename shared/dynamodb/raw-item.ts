import type { Attributes } from './attributes.ts'
import { type Key, type KeySchema, keyOf } from './key.ts'

/**
 * An item as it came from the table: its key at hand, its attributes on demand. The engine asks for `attributes()`
 * only where a migration claims the item, so an adapter may keep the bytes of the wire until then.
 */
export interface RawItem {
  readonly key: Key
  attributes(): Attributes
}

/**
 * An item over attributes already at hand.
 * @throws TypeError when the attributes hold no key of this schema.
 */
export function rawItem(schema: KeySchema, attributes: Attributes): RawItem {
  const key = keyOf(schema, attributes)
  if (!key)
    throw new TypeError(`Expected an item with the key ${schema.pk.name}, got ${Object.keys(attributes).join(', ')}`)
  return { key, attributes: () => attributes }
}
