import { encodeKey, type Key, type KeySchema, keyAttributes, keyOf } from '../dynamodb/key.ts'
import type { Migration } from './migration.ts'
import { keyProblem } from './output.ts'
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

/**
 * An inverse that throws, or names a key that no item can have, says nothing about this one: the item is then told from
 * its other candidates.
 */
function inverseKey(inverse: NonNullable<Migration['inverse']>, schema: KeySchema, key: Key): Key | undefined {
  try {
    const answer = inverse(toItem(keyAttributes(schema, key)))
    if (!answer) return undefined
    const attributes = toAttributes(answer)
    return keyProblem(schema, attributes) ? undefined : keyOf(schema, attributes)
  } catch {
    return undefined
  }
}
