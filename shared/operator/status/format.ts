import { decodeKeyValue } from '../../dynamodb/key.ts'
import type { Found } from '../../facts/findings.ts'
import { digest } from '../../ledger/keys.ts'
import { grouped, printable } from '../../runtime/text.ts'

/**
 * A partition key for people. Keys are item data: unless `show`, only the first digits of its SHA-256, which are enough to
 * tell keys apart.
 * @param encoded as `encodeKeyValue` writes it.
 */
export function keyLabel(encoded: string, show: boolean): string {
  if (!show) return `key #${digest(encoded).slice(0, 6)}`
  const value = decodeKeyValue(encoded)
  if ('S' in value) return printable(value.S)
  return 'N' in value ? value.N : `base64:${encoded.slice(2)}`
}

/** `2 missing`, `1 different`, `3 orphans`, `12 unchecked`, without those that are 0. */
export function foundWords({ missing, different, orphan, unchecked }: Omit<Found, 'quarantined'>): string[] {
  const words: [number, string][] = [
    [missing, 'missing'],
    [different, 'different'],
    [orphan, orphan === 1 ? 'orphan' : 'orphans'],
    [unchecked, 'unchecked'],
  ]
  return words.flatMap(([count, word]) => (count > 0 ? [`${grouped(count)} ${word}`] : []))
}

/** Said of a table whose scans returned sort keys that do not ascend within a partition key. */
export function unorderedWords(table: string): string {
  return `${table} is resumed, never split: its scans returned sort keys out of order within a partition key`
}
