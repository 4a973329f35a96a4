import type { Found } from '../../facts/findings.ts'
import { grouped } from './format.ts'

/** `2 missing`, `1 different`, `3 orphans`, `12 unchecked`: those of which there are any. */
export function foundWords({ missing, different, orphan, unchecked }: Omit<Found, 'quarantined'>): string[] {
  const words: [number, string][] = [
    [missing, 'missing'],
    [different, 'different'],
    [orphan, orphan === 1 ? 'orphan' : 'orphans'],
    [unchecked, 'unchecked'],
  ]
  return words.flatMap(([count, word]) => (count > 0 ? [`${grouped(count)} ${word}`] : []))
}
