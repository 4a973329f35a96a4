/**
 * What became of the items of a chunk. Source side: `read = migrated + untouched + dropped + quarantined`.
 * Destination side: `produced = written + present`. All counts of items.
 */
export interface Tallies {
  read: number
  migrated: number
  untouched: number
  dropped: number
  quarantined: number
  produced: number
  written: number
  /** Already there when it was to be inserted. */
  present: number
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
}

export function addTallies(a: Tallies, b: Tallies): Tallies {
  return {
    read: a.read + b.read,
    migrated: a.migrated + b.migrated,
    untouched: a.untouched + b.untouched,
    dropped: a.dropped + b.dropped,
    quarantined: a.quarantined + b.quarantined,
    produced: a.produced + b.produced,
    written: a.written + b.written,
    present: a.present + b.present,
  }
}

/** The two sums that must hold of any chunk and of a run; each sentence names one that does not. */
export function openTallies(t: Tallies): string[] {
  const problems: string[] = []
  const ends = t.migrated + t.untouched + t.dropped + t.quarantined
  if (t.read !== ends) problems.push(`read ${t.read} ≠ migrated + untouched + dropped + quarantined ${ends}`)
  if (t.produced !== t.written + t.present)
    problems.push(`produced ${t.produced} ≠ written + already there ${t.written + t.present}`)
  return problems
}
