import { encodeKey, type Key, type KeySchema, keyAttributes, keyOf } from '../dynamodb/key.ts'
import type { Migration } from './migration.ts'
import { keyProblem } from './output.ts'
import { toAttributes, toItem } from './values.ts'

/** The possible sources of a destination item. */
export interface SourceKeys {
  /** Source keys that may have produced it. Always includes its own key, which an unclaimed item keeps. */
  keys: Key[]
  /** There are no other sources: every migration has an `inverse`, and each returned a result. */
  complete: boolean
}

/** Maps a destination key back through every migration with an inverse. Each migration may or may not have applied. */
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
 * The key before a migration; `none` if it cannot have made this key, or only from an impossible one. An inverse that
 * throws, or returns no key of the table, tells nothing (`undefined`): a defect must not turn a migration's output into
 * an orphan.
 */
function inverseKey(inverse: NonNullable<Migration['inverse']>, schema: KeySchema, key: Key): Key | 'none' | undefined {
  try {
    const made = inverse(toItem(keyAttributes(schema, key)))
    if (!made) return 'none'
    const attributes = toAttributes(made)
    const before = keyOf(schema, attributes)
    return before && keyProblem(schema, attributes) ? 'none' : before
  } catch {
    return undefined
  }
}
