import { digest as sha256 } from '../../ledger/keys.ts'

/**
 * JSON in one spelling: members sorted by the UTF-16 code units of their names, no white space. Source: RFC 8785, JSON
 * Canonicalization Scheme; JavaScript writes numbers and strings as it requires.
 */
export function canonicalJson(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`).join(',')}}`
}

/** Adds the digest of everything else. */
export function sealed<T extends object>(content: T): T & { digest: string } {
  return { ...content, digest: sha256(canonicalJson(content)) }
}

/** Whether a report, as parsed from its file, is unchanged since it was sealed. */
export function digestHolds(report: unknown): boolean {
  if (typeof report !== 'object' || report === null || !('digest' in report)) return false
  const { digest, ...content } = report
  return digest === sha256(canonicalJson(content))
}
