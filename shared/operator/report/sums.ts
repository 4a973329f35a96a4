import type { Coverage } from '../../facts/coverage.ts'
import type { Found } from '../../facts/findings.ts'
import { type Sum as FactSum, sumsOf } from '../../facts/sums.ts'
import type { ChunkRecord } from '../../ledger/chunks.ts'
import { keepDays } from '../../ledger/keys.ts'
import type { PassKind } from '../../ledger/passes.ts'
import type { Tallies } from '../../ledger/tallies.ts'
import { type DifferenceGroup, keysIn } from '../status/differences.ts'
import type { PassSummary, Sum } from './content.ts'

/** One pass, as read from the ledger. */
export interface PassRead {
  kind: PassKind
  /** Chunks that were split or come from a split. */
  trees: ChunkRecord[]
  /** Ids of the chunks whose tallies do not close. */
  unclosed: string[]
  coverage: Coverage
}

/** How many chunks whose tallies do not close are named; the rest is counted. */
const named = 5

/** The sums of a pass that must close exactly, as the report has them. */
export function reportSums({ kind, coverage: { tallies, aliases } }: PassRead): Sum[] {
  const sums = (counted: Partial<Tallies>, alias?: string) =>
    sumsOf(kind, counted).flatMap(({ closes, side, items, counts, holds }): Sum[] =>
      closes === 'exactly'
        ? [{ walk: kind, side, ...(alias !== undefined && { alias }), total: items, parts: counts, closes: holds }]
        : [],
    )
  const byAlias = Object.keys(aliases).sort()
  return byAlias.length > 0 ? byAlias.flatMap((alias) => sums(aliases[alias]!, alias)) : sums(tallies)
}

export function summaryOf({ kind, coverage }: PassRead): PassSummary {
  const { complete, done, open, failed, splits, missing, tallies } = coverage
  const chunks = { done, open, failed: failed.length, split: splits, missing: missing.length }
  const units = { read: tallies.readUnits ?? 0, write: tallies.writeUnits ?? 0 }
  return { walk: kind, complete, read: tallies.read, units, chunks }
}

/**
 * Sentences about sums that do not add up: in total, and chunk by chunk, since two errors may cancel out in the total.
 * @param covers whether a pass must cover its table, because what it is part of says that it has ended.
 */
export function problemsOf(reads: readonly PassRead[], covers: (kind: PassKind) => boolean): string[] {
  return reads.flatMap((each) => [
    ...sumsOf(each.kind, each.coverage.tallies).flatMap((sum) => (sum.holds ? [] : [openWords(each.kind, sum)])),
    ...openChunks(each),
    ...(covers(each.kind) && !each.coverage.complete ? [uncovered(each)] : []),
  ])
}

/** Sentences about differences that the tallies count and the list does not hold, or the other way round. */
export function unlisted(found: Found, groups: readonly DifferenceGroup[]): string[] {
  return (['missing', 'different', 'orphan'] as const).flatMap((name) => {
    const listed = keysIn(groups.filter(({ kind }) => kind === name))
    return listed === found[name] ? [] : [`verification: ${found[name]} ${name} counted, ${listed} listed`]
  })
}

/** `100 read = 90 migrated + …`, with ≠ where it does not close. */
export function sumWords({ side, total, parts, closes }: Pick<Sum, 'side' | 'total' | 'parts' | 'closes'>): string {
  const terms = Object.entries(parts).map(([name, items]) => `${items} ${name}`)
  return `${total} ${side === 'source' ? 'read' : 'produced'} ${closes ? '=' : '≠'} ${terms.join(' + ')}`
}

function openWords(kind: PassKind, { closes, side, total, items, counts }: FactSum): string {
  if (closes === 'exactly')
    return `${kind}, ${side} side: ${sumWords({ side, total: items, parts: counts, closes: false })}`
  const terms = Object.entries(counts).map(([name, count]) => `${count} ${name}`)
  return `${kind}: ${terms.join(' and ')} of ${items} ${total}`
}

function openChunks({ kind, unclosed }: PassRead): string[] {
  if (unclosed.length === 0) return []
  const more = unclosed.length > named ? ` and ${unclosed.length - named} more` : ''
  return [`${kind}: the tallies of these chunks do not close: ${unclosed.toSorted().slice(0, named).join(', ')}${more}`]
}

function uncovered({ kind, coverage: { open, failed, missing } }: PassRead): string {
  return `${kind}: the run says finished, but not all its chunks are done (${open} open, ${failed.length} failed, ${missing.length} without a row); rows are kept for ${keepDays} days`
}
