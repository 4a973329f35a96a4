import path from 'node:path'
import { styleText } from 'node:util'
import { counted, duration, grouped } from '../../shared/runtime/text.ts'
import type { Comparison } from './compare.ts'
import { changesIn, REPORT_FILE, type Report } from './report.ts'
import type { Changes } from './writing.ts'

/** The title of a phase. */
export function title(text: string): string {
  return `\n${styleText('bold', text)}`
}

export function drawComparison({ expected, found, missing, different, unexpected, equal }: Comparison): string {
  const counts = `${grouped(expected)} items expected, ${grouped(found)} found`
  if (equal) return `${counts}: ${styleText('green', 'equal')}, item by item`
  return `${counts}: ${styleText('red', `${missing} missing, ${different} different, ${unexpected} unexpected`)}`
}

export function drawReport(report: Report): string[] {
  const { tallies, items, changes, chunks, splits, maxDepth, timedOutSlices, quarantined, seconds, totalSeconds } =
    report
  const { read, migrated, untouched, dropped, produced, written, present } = tallies
  const rows: [string, string][] = [
    ['source', `${sum(read, { migrated, untouched, dropped, quarantined: tallies.quarantined })}`],
    ['destination', `${sum(produced, { written, 'already there': present })}`],
    ['live changes', `${grouped(changesIn(changes))} applied: ${live(changes)}`],
    ['quarantined', `${quarantined}, all of them bad on purpose`],
    ['chunks', `${chunks}, ${splits} of them split, down to depth ${maxDepth}`],
    ['time-outs', `${counted(timedOutSlices, 'slice')} ran into the limit of ${report.sliceSeconds} s`],
    ['hot key', hotKey(report)],
    ['run', `${duration(seconds * 1000)} for ${grouped(items)} items, ${grouped(items / seconds)}/s`],
    ['in all', duration(totalSeconds * 1000)],
    ['report', path.relative('', REPORT_FILE)],
  ]
  return rows.map(([name, text]) => `  ${name.padEnd(12)} ${text}`)
}

function live({ puts, updates, deletes }: Changes): string {
  return `${grouped(puts)} puts, ${grouped(updates)} updates, ${grouped(deletes)} deletes while the run was under way`
}

/** `read 100 = 60 migrated + 40 untouched`. */
function sum(total: number, parts: Record<string, number>): string {
  const terms = Object.entries(parts).map(([name, count]) => `${grouped(count)} ${name}`)
  return `${grouped(total)} = ${terms.join(' + ')}`
}

function hotKey({ split, hotKeySeconds, other }: Report): string {
  const how = (isSplit: boolean) => (isSplit ? 'split' : 'resumed slice after slice')
  const mine = `${duration(hotKeySeconds * 1000)} ${how(split)}`
  if (!other) return `${mine}; compare with \`npm run demo${split ? ' -- --no-split' : ''}\``
  const times = split ? other.hotKeySeconds / hotKeySeconds : hotKeySeconds / other.hotKeySeconds
  const compared = `${mine}, ${duration(other.hotKeySeconds * 1000)} ${how(other.split)}: ${times.toFixed(1)} times as long without splits`
  // One slice can keep this machine busy. Splitting gains more in an account, where each slice has a processor of its own.
  return times > 1 ? compared : `${compared}, because all slices share the processors of this machine`
}
