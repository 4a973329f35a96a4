import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { openSums } from '../../shared/facts/sums.ts'
import type { Tallies } from '../../shared/ledger/tallies.ts'
import { counted } from '../../shared/runtime/text.ts'
import { STATE_DIRECTORY } from '../paths.ts'
import type { Changes } from './writing.ts'

/** One demo, in numbers. */
export interface Report {
  /** Items loaded into the source. */
  items: number
  /** The changes that the writer made to the source during the run. */
  changes: Changes
  /** Whether every change was applied in the end; otherwise the comparison says nothing. */
  drained: boolean
  /** Times the run halted and was resumed. */
  resumed: number
  /** Whether verify found differences while the writer was at work, and after it had stopped. */
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

/** The last demo of the other kind with the same items, to compare the hot key with. */
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
 * Everything that is wrong with the result, in sentences.
 * @param toQuarantine encoded keys that had to be quarantined.
 * @param quarantined encoded keys that were.
 */
export function problemsOf(report: Report, toQuarantine: readonly string[], quarantined: readonly string[]): string[] {
  const { tallies, equal } = report
  const problems = openSums('copy', tallies).map((sum) => `the tallies do not close: ${sum}`)
  if (!report.drained) problems.push('live changes are no longer applied, so the destination is incomplete')
  if (toQuarantine.toSorted().join() !== quarantined.toSorted().join())
    problems.push(
      `the ${quarantined.length} quarantined items are not exactly the ${toQuarantine.length} that are bad on purpose`,
    )
  if (report.differences.drained) problems.push('verify found differences after the writer had stopped')
  if (!equal) problems.push('the destination does not hold what it should')
  return problems
}

/** What could not be shown, because the machine was too slow or the table too small; the result may still be right. */
export function notesOf(report: Report): string[] {
  const { split, splits, timedOutSlices, resumed, sliceSeconds, changes, differences } = report
  const notes: string[] = []
  if (split && splits === 0) notes.push(`no split was seen: every key was done within a slice of ${sliceSeconds} s`)
  if (timedOutSlices > 0)
    notes.push(
      `${counted(timedOutSlices, 'slice')} ran into the limit of ${sliceSeconds} s, as happens on a busy machine, and resumed from the checkpoint`,
    )
  if (resumed > 0) notes.push(`the run halted ${counted(resumed, 'time')} and was resumed from its checkpoints`)
  if (changesIn(changes) === 0) notes.push('no live change was seen: the run ended before the writer began')
  if (differences.live && !differences.drained)
    notes.push('verify found differences while changes were on their way, and none once they had arrived')
  return notes
}

export function changesIn({ puts, updates, deletes }: Changes): number {
  return puts + updates + deletes
}
