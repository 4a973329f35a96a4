import { encodeKey, type Key, type KeySchema, keyAttributes, keyOf } from '../dynamodb/key.ts'
import type { Migration } from './migration.ts'
import { keyProblem } from './output.ts'
import { toAttributes, toItem } from './values.ts'

/** Where an item of the destination may have come from. */
export interface SourceKeys {
  /** Keys of the source that may have produced it; always holds its own key, which an unclaimed item keeps. */
  keys: Key[]
  /** There are no others: every migration has an `inverse`, and each has answered. */
  complete: boolean
}

/** Maps a destination key back through every migration that has an inverse, each of which may or may not have applied. */
export function sourceKeys(migrations: readonly Migration[], schema: KeySchema, destination: Key): SourceKeys {
  const found = new Map([[encodeKey(destination), destination]])
  let complete = true
  for (const { inverse } of migrations.toReversed())
    for (const key of [...found.values()]) {
      const before = inverse && inverseKey(inverse, schema, key)
      if (!before) complete = false
      else if (before !== 'none') found.set(encodeKey(before), before)
    }
  return { keys: [...found.values()], complete }
}

/**
 * The key before a migration; `none` where it cannot have made this one, or only of a key that no item can have. An
 * inverse that throws, or answers what is no key of the table, has said nothing: what the migration made must not pass
 * for an orphan on the word of a defect.
 */
function inverseKey(inverse: NonNullable<Migration['inverse']>, schema: KeySchema, key: Key): Key | 'none' | undefined {
  try {
    const answer = inverse(toItem(keyAttributes(schema, key)))
    if (!answer) return 'none'
    const attributes = toAttributes(answer)
    const before = keyOf(schema, attributes)
    return before && keyProblem(schema, attributes) ? 'none' : before
  } catch {
    return undefined
  }
}
