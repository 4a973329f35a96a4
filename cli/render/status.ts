import { copiedMs, workedMs } from '../../shared/facts/phase-times.ts'
import type { Walk } from '../../shared/ledger/chunks.ts'
import { keepDays } from '../../shared/ledger/keys.ts'
import { openTallies, type Tallies } from '../../shared/ledger/tallies.ts'
import { counted, duration, grouped } from '../../shared/operator/status/format.ts'
import { lagWords } from '../../shared/operator/status/lag.ts'
import { expectation, shareDone } from '../../shared/operator/status/line.ts'
import type { QuarantineGroup } from '../../shared/operator/status/quarantine.ts'
import type { Progress } from '../../shared/operator/status/read.ts'
import { drawTree } from '../../shared/operator/status/tree.ts'
import { sentence } from '../../shared/runtime/text.ts'
import { progressBar } from './bar.ts'
import { endingOf } from './ending.ts'

/** Failed chunks and quarantine groups shown; more are counted. */
const shown = 10

/** `segue status`: one page about one run. Keys only where asked for. */
export function statusPage(
  progress: Progress,
  quarantine: readonly QuarantineGroup[],
  { keys, flag }: { keys: boolean; flag: string },
): string[] {
  const tree = drawTree(progress.chunks, { keys })
  return [
    ...heading(progress),
    ...ownership(progress),
    '',
    ...amounts(progress),
    ...live(progress),
    ...section('Splits', tree),
    ...section('Failed chunks', failures(progress)),
    ...section('Quarantine', quarantineLines(quarantine, flag)),
    ...section('', endingOf(progress, flag)),
  ]
}

function heading({ run, verdict, control, at }: Progress): string[] {
  const command = control.command === 'run' ? '' : `, told to ${control.command}`
  const ended = run.endedAt === undefined ? '' : `, ended ${iso(run.endedAt)}`
  return [
    field('Run', `${run.id}  ${run.source} to ${run.destination}`),
    field(
      'State',
      `${verdict.kind}${verdict.kind === 'interrupted' ? ` (the ledger says ${run.state})` : ''}, phase ${run.phase}${command}`,
    ),
    field('Started', `${iso(run.startedAt)}${ended}, ${duration(workedMs(run, at))} at work`),
    field('Migrations', run.pending.join(', ') || 'none pending: items are copied as they are'),
  ]
}

function ownership({ lease, execution, run }: Progress): string[] {
  const status = execution.ended ?? execution.status
  const owner = field('Execution', `${run.execution} (${status})`)
  if (!lease?.held) return [owner, field('Lease', 'free')]
  const alive = {
    running: 'its owner is alive',
    ended: 'its owner has ended',
    unknown: 'Step Functions does not answer',
  }
  return [owner, field('Lease', `held since ${iso(lease.since)}, number ${lease.fence}; ${alive[execution.status]}`)]
}

function amounts(progress: Progress): string[] {
  const { coverage, working, walk, verdict } = progress
  const { tallies: t } = coverage
  if (verdict.kind === 'finished' && !coverage.complete)
    return [field(walkNames[walk], `no longer known: the ledger keeps the rows of chunks for ${keepDays} days`)]
  return [
    field(walkNames[walk], amount(progress)),
    field('Chunks', chunkWords(progress, working)),
    ...sums(walk, t),
    ...(walk === 'orphans' ? [] : [field('Tallies', talliesWords(t))]),
  ]
}

const walkNames = { copy: 'Copied', verify: 'Verified', orphans: 'Orphans' } as const

function talliesWords(tallies: Tallies): string {
  const problems = openTallies(tallies)
  return problems.length === 0 ? 'close' : `DO NOT CLOSE: ${problems.join('; ')}. This is a defect: please report it.`
}

function amount(progress: Progress): string {
  const { coverage, expected, run, walk, at } = progress
  const { read } = coverage.tallies
  const share = shareDone(progress)
  const percent = share === undefined ? 'of an unknown total' : `${(Math.floor(share * 1000) / 10).toFixed(1)}%`
  const estimate = coverage.complete || expected === undefined ? '' : `; ${expectation(progress)} ${grouped(expected)}`
  const seconds = copiedMs(run, at) / 1000
  const average = walk === 'copy' && seconds >= 1 ? `, ${grouped(read / seconds)}/s on average` : ''
  return `${progressBar(share, 24)} ${percent}  ${counted(read, 'item')} read${average}${estimate}`
}

function sums(walk: Walk, t: Tallies): string[] {
  if (walk === 'orphans')
    return [
      field(
        'Read',
        `${grouped(t.read)} destination items, ${grouped(t.orphan)} orphans, ${grouped(t.unchecked)} unchecked`,
      ),
    ]
  const ends = `${grouped(t.migrated)} migrated + ${grouped(t.untouched)} untouched + ${grouped(t.dropped)} dropped + ${grouped(t.quarantined)} quarantined`
  const found =
    walk === 'copy'
      ? `${grouped(t.written)} written + ${grouped(t.present)} already there`
      : `${grouped(t.present)} as they should be + ${grouped(t.missing)} missing + ${grouped(t.different)} different`
  return [field('Read', `${grouped(t.read)} = ${ends}`), field('Produced', `${grouped(t.produced)} = ${found}`)]
}

/** What is known of live changes without reading their heads, which `segue report` does. */
function live({ run, capture, lag, control, at }: Progress): string[] {
  if (run.offline) return [field('Live', 'not captured: this run is offline')]
  const off = capture?.off === undefined ? '' : `, turned off ${iso(capture.off)}`
  const since = capture ? `captured since ${iso(capture.since)}${off}` : 'not captured yet'
  const looked = lag ? `; ${lagWords(lag)} ${duration(at - lag.at)} ago` : ''
  const quiet = control.quiet === undefined ? '' : '; quiet: no write of the copy can land any more'
  return [field('Live', `${since}${looked}${quiet}`)]
}

function chunkWords({ coverage: { done, open, failed, splits, missing } }: Progress, working: number): string {
  const words = [`${done} done`, `${open} open (${working} at work)`, `${failed.length} failed`, `${splits} split`]
  return [...words, ...(missing.length > 0 ? [`${missing.length} not planned yet`] : [])].join(', ')
}

function failures({ coverage: { failed } }: Progress): string[] {
  return atMost(
    failed.map(({ id, reason }) => `${id}  ${sentence(reason ?? 'no reason was recorded')}`),
    'chunk',
  )
}

function quarantineLines(groups: readonly QuarantineGroup[], flag: string): string[] {
  if (groups.length === 0) return []
  const lines = groups.map(
    ({ migration, reason, items }) => `${grouped(items).padStart(8)}  ${migration}: ${sentence(reason)}`,
  )
  return [...atMost(lines, 'group'), `The items' keys: segue quarantine list --keys${flag}`]
}

function atMost(lines: string[], what: string): string[] {
  return lines.length <= shown
    ? lines
    : [...lines.slice(0, shown), `and ${counted(lines.length - shown, `more ${what}`)}`]
}

function section(title: string, lines: string[]): string[] {
  if (lines.length === 0) return []
  return title === '' ? ['', ...lines] : ['', title, ...lines.map((line) => `  ${line}`)]
}

function field(name: string, value: string): string {
  return `${name.padEnd(11)} ${value}`
}

function iso(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+/, '')
}
