import type { Tallies } from '../ledger/tallies.ts'

/** What a verification found, counts of items. */
export type Found = Pick<Tallies, 'quarantined' | 'missing' | 'different' | 'orphan' | 'unchecked'>

/** Puts together what its two walks found: of the first, what the source makes; of the second, what nothing makes. */
export function foundBy(verify: Tallies, orphans: Tallies): Found {
  const { quarantined, missing, different } = verify
  const { orphan, unchecked } = orphans
  return { quarantined, missing, different, orphan, unchecked }
}

/** Destination items that are not what the migrated source says. */
export function differencesIn({ missing, different, orphan }: Found): number {
  return missing + different + orphan
}
