import { passes, type VerificationPass, verificationPasses } from '../ledger/passes.ts'
import type { Tallies } from '../ledger/tallies.ts'

/** The findings of a verification, counts of items: those that the table of passes names. */
export type Found = Pick<Tallies, (typeof passes)[VerificationPass]['findings'][number]>

/** How a finished run stands, the gravest first. */
export type Ending = 'differences' | 'quarantined' | 'clean'

/**
 * Puts together the findings of the passes of a verification. Live changes continue meanwhile and afterwards, and put
 * items on the quarantine list and take them off: as many are quarantined as are listed, and never fewer than verify met.
 * @param listed items on the quarantine list.
 */
export function foundBy(tallies: Record<VerificationPass, Tallies>, listed: number): Found {
  const counts = verificationPasses.flatMap((kind) => passes[kind].findings.map((name) => [name, tallies[kind][name]]))
  const found = Object.fromEntries(counts) as Found
  return { ...found, quarantined: Math.max(found.quarantined, listed) }
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
