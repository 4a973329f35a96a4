import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { openSums } from '../../shared/facts/sums.ts'
import type { Tallies } from '../../shared/ledger/tallies.ts'
import { STATE_DIRECTORY } from '../paths.ts'

/** One demo, in numbers. */
export interface Report {
  /** Items loaded into the source. */
  items: number
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
 * Everything that keeps a demo from being a success, in sentences; empty when there is nothing.
 * @param poison encoded keys that had to be quarantined.
 * @param quarantined encoded keys that were.
 */
export function problemsOf(report: Report, poison: readonly string[], quarantined: readonly string[]): string[] {
  const { items, tallies, timedOutSlices, equal } = report
  const problems = openSums('copy', tallies).map((sum) => `the tallies do not close: ${sum}`)
  if (tallies.read !== items) problems.push(`${tallies.read} items were read, ${items} were there`)
  if (poison.toSorted().join() !== quarantined.toSorted().join())
    problems.push(
      `${quarantined.length} items were quarantined that are not exactly the ${poison.length} poisoned ones`,
    )
  if (timedOutSlices > 0) problems.push(`${timedOutSlices} slices ran into their time limit`)
  if (!equal) problems.push('the destination does not hold what it should')
  return problems
}
