import type { Coverage } from '../../facts/coverage.ts'
import type { Found } from '../../facts/findings.ts'
import type { ChunkRecord, Walk } from '../../ledger/chunks.ts'
import { keepDays } from '../../ledger/keys.ts'
import { openTallies, type Tallies } from '../../ledger/tallies.ts'
import { type DifferenceGroup, keysIn } from '../status/differences.ts'
import type { Sum, WalkSummary } from './content.ts'

/** What is known of one walk. */
export interface WalkRead {
  walk: Walk
  chunks: ChunkRecord[]
  coverage: Coverage
}

/** Chunks named whose tallies do not close; more are counted. */
const named = 5

/** The sums that must close, of docs/architecture.md §6: source and destination side, of copy and of verify. */
export function sumsOf({ walk, coverage: { tallies: t } }: WalkRead): Sum[] {
  if (walk === 'orphans') return []
  const { migrated, untouched, dropped, quarantined, written, present, missing, different } = t
  const found = walk === 'copy' ? { written, present } : { present, missing, different }
  return [
    sum(walk, 'source', t.read, { migrated, untouched, dropped, quarantined }),
    sum(walk, 'destination', t.produced, found),
  ]
}

export function summaryOf({ walk, coverage }: WalkRead): WalkSummary {
  const { complete, done, open, failed, splits, missing, tallies } = coverage
  const chunks = { done, open, failed: failed.length, split: splits, missing: missing.length }
  return { walk, complete, read: tallies.read, chunks }
}

/**
 * Sentences about what does not add up: in total, and chunk by chunk, where two errors could cancel out.
 * @param finished the run says so, so that every walk must cover its table.
 */
export function problemsOf(walks: readonly WalkRead[], finished: boolean): string[] {
  return walks.flatMap((each) => [
    ...sumsOf(each).flatMap((one) => (one.closes ? [] : [`${one.walk}, ${one.side} side: ${sumWords(one)}`])),
    ...openChunks(each),
    ...(finished && !each.coverage.complete ? [uncovered(each)] : []),
    ...(each.walk === 'orphans' ? impossible(each.coverage.tallies) : []),
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
export function sumWords({ side, total, parts, closes }: Sum): string {
  const terms = Object.entries(parts).map(([name, items]) => `${items} ${name}`)
  return `${total} ${side === 'source' ? 'read' : 'produced'} ${closes ? '=' : '≠'} ${terms.join(' + ')}`
}

function sum(walk: Walk, side: Sum['side'], total: number, parts: Sum['parts']): Sum {
  const added = Object.values(parts).reduce((all, items) => all + items, 0)
  return { walk, side, total, parts, closes: total === added }
}

function openChunks({ walk, chunks }: WalkRead): string[] {
  if (walk === 'orphans') return []
  const open = chunks.filter(({ tallies }) => openTallies(tallies).length > 0).map(({ id }) => id)
  if (open.length === 0) return []
  const more = open.length > named ? ` and ${open.length - named} more` : ''
  return [`${walk}: the tallies of these chunks do not close: ${open.sort().slice(0, named).join(', ')}${more}`]
}

function uncovered({ walk, coverage: { open, failed, missing } }: WalkRead): string {
  return `${walk}: the run says finished, but ${open} chunks are open, ${failed.length} failed and ${missing.length} have no row; rows are kept for ${keepDays} days`
}

function impossible({ read, orphan, unchecked }: Tallies): string[] {
  return orphan + unchecked > read ? [`orphans: ${orphan} orphans and ${unchecked} unchecked of ${read} read`] : []
}
