/**
 * What became of the items of a chunk, counts of items. Which sums must hold, the table of passes says (`passes.ts`).
 */
export type Tallies = {
  read: number
  migrated: number
  untouched: number
  dropped: number
  quarantined: number
  produced: number
  written: number
  /** Already there: when it was to be inserted, or when verify looked for it and found it equal. */
  present: number
  /** Verify: the destination lacks it. */
  missing: number
  /** Verify: the destination has it otherwise. */
  different: number
  /** Verify: the destination has it and no source item makes it. */
  orphan: number
  /** Verify: no source item was found, but a migration without an inverse may have made it. */
  unchecked: number
}

export const noTallies: Tallies = {
  read: 0,
  migrated: 0,
  untouched: 0,
  dropped: 0,
  quarantined: 0,
  produced: 0,
  written: 0,
  present: 0,
  missing: 0,
  different: 0,
  orphan: 0,
  unchecked: 0,
}

export function addTallies(a: Tallies, b: Tallies): Tallies {
  const sum = { ...a }
  for (const name of Object.keys(noTallies) as (keyof Tallies)[]) sum[name] = (a[name] ?? 0) + (b[name] ?? 0)
  return sum
}
