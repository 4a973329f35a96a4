/**
 * What became of the items of a chunk. Source side: `read = migrated + untouched + dropped + quarantined`.
 * Destination side: `produced = written + present + missing + different`. Of a walk over the destination: `read` alone,
 * of which some are orphans and of some it cannot be told. All counts of items.
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

/** The two sums that must hold of any walk over the source; each sentence names one that does not. */
export function openTallies(t: Tallies): string[] {
  const problems: string[] = []
  const ends = t.migrated + t.untouched + t.dropped + t.quarantined
  if (t.read !== ends) problems.push(`read ${t.read} ≠ migrated + untouched + dropped + quarantined ${ends}`)
  const found = t.written + t.present + t.missing + t.different
  if (t.produced !== found)
    problems.push(`produced ${t.produced} ≠ written + already there + missing + different ${found}`)
  return problems
}
