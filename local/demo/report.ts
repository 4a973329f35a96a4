import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { openSums } from '../../shared/facts/sums.ts'
import type { Tallies } from '../../shared/ledger/tallies.ts'
import { STATE_DIRECTORY } from '../paths.ts'
import type { Changes } from './writing.ts'

/** One demo, in numbers. */
export interface Report {
  /** Items loaded into the source. */
  items: number
  /** What the writer did to the source while the run was under way. */
  changes: Changes
  /** Every one of them was applied in the end; otherwise the comparison says nothing. */
  drained: boolean
  /** Times the run halted and was resumed. */
  resumed: number
  /** What verify found while the writer was at work, and once it had stopped. */
  differences: { live: boolean; drained: boolean }
  tallies: Tallies
  /** Chunks there were in the end. */
  chunks: number
  splits: number
  /** Splits above the deepest chunk. */
  maxDepth: number
  /** Slices that ran into their time limit. */
  timedOutSlices: number
  quarantined: number
  /** The destination holds exactly what it should. */
  equal: boolean
  /** Of the run. */
  seconds: number
  /** Of the whole demo, from nothing to here. */
  totalSeconds: number
  sliceSeconds: number
  concurrency: number
  seed: number
  /** Whether hot keys were split. */
  split: boolean
  hotKeySeconds: number
  /** The last demo of the other kind on the same table. */
  other?: Pick<Report, 'split' | 'hotKeySeconds'>
}

export const REPORT_FILE = path.join(STATE_DIRECTORY, 'demo', 'report.json')

/** The last demo of the other kind with the same items: what this one's hot key is compared with. */
export async function lastOther({ split, seed, items }: Pick<Report, 'split' | 'seed' | 'items'>) {
  const last = await readFile(REPORT_FILE, 'utf8').then(
    (text) => JSON.parse(text) as Report,
    () => undefined,
  )
  if (last?.seed !== seed || last.items !== items) return undefined
  const other = [last, last.other].find((each) => each && each.split !== split)
  return other && { split: other.split, hotKeySeconds: other.hotKeySeconds }
}

export async function writeReport(report: Report): Promise<void> {
  await mkdir(path.dirname(REPORT_FILE), { recursive: true })
  await writeFile(REPORT_FILE, `${JSON.stringify(report, null, 2)}\n`)
}

/**
 * Everything that is wrong with the result, in sentences; empty when there is nothing.
 * @param poison encoded keys that had to be quarantined.
 * @param quarantined encoded keys that were.
 */
export function problemsOf(report: Report, poison: readonly string[], quarantined: readonly string[]): string[] {
  const { tallies, equal } = report
  const problems = openSums('copy', tallies).map((sum) => `the tallies do not close: ${sum}`)
  if (!report.drained)
    problems.push('live changes stopped being applied, so that the destination cannot hold what it should')
  if (poison.toSorted().join() !== quarantined.toSorted().join())
    problems.push(
      `${quarantined.length} items were quarantined that are not exactly the ${poison.length} poisoned ones`,
    )
  if (report.differences.drained) problems.push('verify found differences after the writer had stopped')
  if (!equal) problems.push('the destination does not hold what it should')
  return problems
}

/** What this machine was too slow, or the table too small, to show; the result is right without it. */
export function notesOf(report: Report): string[] {
  const { split, splits, timedOutSlices, resumed, sliceSeconds, changes, differences } = report
  const notes: string[] = []
  if (split && splits === 0)
    notes.push(`no split was seen: every key was done before a slice of ${sliceSeconds} s came to split it`)
  if (timedOutSlices > 0)
    notes.push(
      `that slices stop in time was not seen: ${timedOutSlices} ran into their limit of ${sliceSeconds} s, as on a machine that others keep busy, and were run again from their checkpoints`,
    )
  if (resumed > 0) notes.push(`the run halted ${resumed} times on this machine and was resumed from its checkpoints`)
  if (changesIn(changes) === 0) notes.push('no live change was seen: the run ended before the writer began')
  if (differences.live && !differences.drained)
    notes.push('verify found differences while changes were on their way, and none once they had arrived')
  return notes
}

export function changesIn({ puts, updates, deletes }: Changes): number {
  return puts + updates + deletes
}
