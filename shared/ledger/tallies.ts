/**
 * The outcomes of the items of a chunk, as counts of items. The table of passes (`passes.ts`) says which sums must
 * hold.
 */
export type Tallies = {
  read: number
  migrated: number
  untouched: number
  dropped: number
  quarantined: number
  produced: number
  written: number
  /** Copy: already in the destination. Verify: equal in the destination. */
  present: number
  /** Verify: missing from the destination. */
  missing: number
  /** Verify: different in the destination. */
  different: number
  /** Verify: in the destination, and no source item makes it. */
  orphan: number
  /** Verify: no source item was found for it, but a migration without an inverse may have produced it. */
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
