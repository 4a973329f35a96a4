import { decodeKeyValue } from '../../dynamodb/key.ts'
import type { Found } from '../../facts/findings.ts'
import { digest } from '../../ledger/keys.ts'
import { printable } from '../../runtime/text.ts'

/** `595,700`. */
export function grouped(count: number): string {
  return Math.round(count)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',')
}

/** `1 chunk`, `1,200 chunks`; the plural is the singular with an s unless given. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${grouped(count)} ${count === 1 ? one : many}`
}

/** `54s`, `12m 3s`, `2h 14m`, `3d 4h`: the two largest units. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  const [d, h, m, s] = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3600) % 24,
    Math.floor(seconds / 60) % 60,
    seconds % 60,
  ]
  if (d > 0) return `${d}d ${h}h`
  if (h > 0) return `${h}h ${m}m`
  return m > 0 ? `${m}m ${s}s` : `${s}s`
}

/**
 * A partition key for people. Keys are item data: unless asked for, only the first digits of its SHA-256 are shown, which
 * still tell one key from another.
 * @param encoded as `encodeKeyValue` writes it.
 */
export function keyLabel(encoded: string, show: boolean): string {
  if (!show) return `key #${digest(encoded).slice(0, 6)}`
  const value = decodeKeyValue(encoded)
  if ('S' in value) return printable(value.S)
  return 'N' in value ? value.N : `base64:${encoded.slice(2)}`
}

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
