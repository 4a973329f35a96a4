import { passes, type VerificationPass, verificationPasses } from '../ledger/passes.ts'
import type { Tallies } from '../ledger/tallies.ts'

/** The findings of a verification, counts of items: those that the table of passes names. */
export type Found = Pick<Tallies, (typeof passes)[VerificationPass]['findings'][number]>

/** The result of a finished run, worst first. */
export type Ending = 'differences' | 'quarantined' | 'clean'

/**
 * Combines the findings of the passes of a verification. Live changes continue during and after it, and add and clear
 * quarantined items. So the number quarantined is the number listed now, but never less than verify counted.
 * @param listed items on the quarantine list.
 */
export function foundBy(tallies: Record<VerificationPass, Tallies>, listed: number): Found {
  const counts = verificationPasses.flatMap((kind) => passes[kind].findings.map((name) => [name, tallies[kind][name]]))
  const found = Object.fromEntries(counts) as Found
  return { ...found, quarantined: Math.max(found.quarantined, listed) }
}

/** Destination items that do not match the migrated source. */
export function differencesIn({ missing, different, orphan }: Found): number {
  return missing + different + orphan
}

/** The verdict of a finished run, for Finish, the report and the exit code alike. */
export function endingOf(found: Found): Ending {
  if (differencesIn(found) > 0) return 'differences'
  return found.quarantined > 0 ? 'quarantined' : 'clean'
}
