import type { Attributes } from './attributes.ts'
import { type Key, type KeySchema, keyOf } from './key.ts'

/**
 * An item from the table: its key at hand, its attributes on demand. The engine calls `attributes()` only if a
 * migration claims the item, so an adapter may keep the wire bytes until then.
 */
export interface RawItem {
  readonly key: Key
  attributes(): Attributes
}

/**
 * An item made of decoded attributes.
 * @throws TypeError when the attributes hold no key of this schema.
 */
export function rawItem(schema: KeySchema, attributes: Attributes): RawItem {
  const key = keyOf(schema, attributes)
  if (!key)
    throw new TypeError(`Expected an item with the key ${schema.pk.name}, got ${Object.keys(attributes).join(', ')}`)
  return { key, attributes: () => attributes }
}
