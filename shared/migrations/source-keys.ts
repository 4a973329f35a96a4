import { encodeKey, type Key, type KeySchema, keyAttributes, keyOf } from '../dynamodb/key.ts'
import type { Migration } from './migration.ts'
import { toAttributes, toItem } from './values.ts'

/** Where an item of the destination may have come from. */
export interface SourceKeys {
  /** Keys of the source that may have produced it; always holds its own key, which an unclaimed item keeps. */
  keys: Key[]
  /** There are no others: every migration has an `inverse`. */
  complete: boolean
}

/** Maps a destination key back through every migration that has an inverse, each of which may or may not have applied. */
export function sourceKeys(migrations: readonly Migration[], schema: KeySchema, destination: Key): SourceKeys {
  const found = new Map([[encodeKey(destination), destination]])
  for (const { inverse } of migrations.toReversed()) {
    if (!inverse) continue
    for (const key of [...found.values()]) {
      const before = inverseKey(inverse, schema, key)
      if (before) found.set(encodeKey(before), before)
    }
  }
  return { keys: [...found.values()], complete: migrations.every(({ inverse }) => inverse !== undefined) }
}

/** A throwing or nonsensical inverse says nothing about this key: the item is then told from its other candidates. */
function inverseKey(inverse: NonNullable<Migration['inverse']>, schema: KeySchema, key: Key): Key | undefined {
  try {
    const answer = inverse(toItem(keyAttributes(schema, key)))
    return answer ? keyOf(schema, toAttributes(answer)) : undefined
  } catch {
    return undefined
  }
}
