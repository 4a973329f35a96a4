/**
 * The outcomes of the items of a chunk, as counts of items, and what that took. The table of passes (`passes.ts`) says which sums must
 * hold.
 */
export type Tallies = {
  /** Capacity units of both tables that its slices took, those of pages that were repeated too. */
  readUnits: number
  writeUnits: number

  read: number
  migrated: number
  untouched: number
  dropped: number
  quarantined: number
  /** Copy, verify: items of the destination. Index: documents. */
  produced: number
  written: number
  /** Copy, index: already there. Verify: equal in the destination. */
  present: number
  /** Verify: missing from the destination. */
  missing: number
  /** Verify: different in the destination. */
  different: number
  /** Verify: in the destination, and no source item makes it. */
  orphan: number
  /** Verify: no source item was found for it, but a migration without an inverse may have produced it. */
  unchecked: number
  /** Index: documents that the mapping does not take, or that cannot be made. */
  rejected: number
  /** Index: documents whose id is that of another item's. */
  collided: number
}

export const noTallies: Tallies = {
  readUnits: 0,
  writeUnits: 0,
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
  rejected: 0,
  collided: 0,
}

export function addTallies(a: Tallies, b: Tallies): Tallies {
  const sum = { ...a }
  for (const name of Object.keys(noTallies) as (keyof Tallies)[]) sum[name] = (a[name] ?? 0) + (b[name] ?? 0)
  return sum
}

/** What became of the documents of a pass. */
export const documentTallies = ['produced', 'written', 'present', 'rejected', 'collided'] as const

/** Counts of documents, by the alias of their index. */
export type AliasTallies = { [alias: string]: { [name in (typeof documentTallies)[number]]: number } }

export function addAliasTallies(a: AliasTallies, b: AliasTallies): AliasTallies {
  const sum = { ...a }
  for (const [alias, counts] of Object.entries(b)) {
    const before = a[alias]
    const added = documentTallies.map((name) => [name, (before?.[name] ?? 0) + counts[name]])
    sum[alias] = Object.fromEntries(added) as AliasTallies[string]
  }
  return sum
}
