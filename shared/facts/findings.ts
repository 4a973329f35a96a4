import type { Tallies } from '../ledger/tallies.ts'

/** What a verification found, counts of items. */
export type Found = Pick<Tallies, 'quarantined' | 'missing' | 'different' | 'orphan' | 'unchecked'>

/** How a finished run stands, the gravest first. */
export type Ending = 'differences' | 'quarantined' | 'clean'

/**
 * Puts together what the two walks of a verification found: of the first, what the source makes; of the second, what
 * nothing makes. Live changes go on when both have passed, and put items on the quarantine list and take them off: as
 * many are quarantined as are listed, and never fewer than verify met.
 * @param listed items on the quarantine list.
 */
export function foundBy(verify: Tallies, orphans: Tallies, listed: number): Found {
  const { quarantined, missing, different } = verify
  const { orphan, unchecked } = orphans
  return { quarantined: Math.max(quarantined, listed), missing, different, orphan, unchecked }
}

/** Destination items that are not what the migrated source says. */
export function differencesIn({ missing, different, orphan }: Found): number {
  return missing + different + orphan
}

/** The one place that says what the verdict of a finished run is, whoever asks: Finish, a report or an exit code. */
export function endingOf(found: Found): Ending {
  if (differencesIn(found) > 0) return 'differences'
  return found.quarantined > 0 ? 'quarantined' : 'clean'
}
