import { passMs, workedMs } from '../../shared/facts/phase-times.ts'
import { openSums, sumsOf } from '../../shared/facts/sums.ts'
import { commandAt } from '../../shared/ledger/control.ts'
import { keepDays } from '../../shared/ledger/keys.ts'
import { type PassKind, passes } from '../../shared/ledger/passes.ts'
import type { Tallies } from '../../shared/ledger/tallies.ts'
import { lastCommand, lastWords } from '../../shared/operator/people.ts'
import { budgetWords } from '../../shared/operator/status/budget.ts'
import { unorderedWords } from '../../shared/operator/status/format.ts'
import { buildLagWords, lagWords } from '../../shared/operator/status/lag.ts'
import { expectation, pausesWords, shareDone } from '../../shared/operator/status/line.ts'
import type { QuarantineGroup } from '../../shared/operator/status/quarantine.ts'
import type { Progress } from '../../shared/operator/status/read.ts'
import { drawTree } from '../../shared/operator/status/tree.ts'
import { waitingFor } from '../../shared/operator/status/waiting.ts'
import { counted, duration, grouped, sentence } from '../../shared/runtime/text.ts'
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
    ...ownership(progress, flag),
    '',
    ...amounts(progress),
    ...live(progress),
    ...indices(progress),
    ...section('Splits', [...unordered(progress), ...tree]),
    ...section('Failed chunks', failures(progress)),
    ...section('Quarantine', quarantineLines(quarantine, flag)),
    ...section('', endingOf(progress, flag)),
  ]
}

function unordered({ run }: Progress): string[] {
  return (run.unordered ?? []).map((table) => unorderedWords(run[table]))
}

function heading(progress: Progress): string[] {
  const { run, verdict, control, at } = progress
  const waiting = waitingFor(progress, 0)
  const last = lastCommand(control)
  const budget = budgetWords(progress)
  const now = commandAt(control, at)
  const pauses = pausesWords(control, at)
  const command = now === 'run' ? (pauses ? `, ${pauses}` : '') : `, told to ${now}`
  const ended = run.endedAt === undefined ? '' : `, ended ${iso(run.endedAt)}`
  return [
    field('Run', `${run.id}  ${run.source} to ${run.destination}${run.key === undefined ? '' : `, key ${run.key}`}`),
    field('State', `${verdict.kind}, phase ${run.phase}${command}`),
    ...(waiting === undefined ? [] : [field('Waiting', waiting)]),
    ...(last ? [field('Command', lastWords(last, at))] : []),
    ...(budget === undefined ? [] : [field('Budget', budget)]),
    field('Started', `${iso(run.startedAt)}${ended}, ${duration(workedMs(run, at))} at work`),
    field('Migrations', run.pending.join(', ') || 'none pending: items are copied as they are'),
  ]
}

function ownership({ lease, execution, run }: Progress, flag: string): string[] {
  const status = execution.ended ?? execution.status
  const owner = field('Execution', `${run.execution} (${status})`)
  if (!lease?.held) return [owner, field('Lock', 'free')]
  const alive = {
    running: 'its owner is that execution, which runs',
    ended: `its owner was that execution, which has ended; free it with: segue unlock${flag}`,
    unknown: 'its owner is that execution; Step Functions does not say whether it runs',
  }
  return [owner, field('Lock', `held since ${iso(lease.since)}, fence ${lease.fence}; ${alive[execution.status]}`)]
}

function amounts(progress: Progress): string[] {
  const { coverage, working, pass, verdict } = progress
  const { tallies: t } = coverage
  if (verdict.kind === 'finished' && !coverage.complete)
    return [
      field(passes[pass].label, `no longer known, since the ledger keeps the rows of chunks for ${keepDays} days`),
    ]
  return [
    field(passes[pass].label, amount(progress)),
    field('Chunks', chunkWords(progress, working)),
    ...sums(pass, t),
    field('Tallies', talliesWords(pass, t)),
    ...units(t),
  ]
}

function units({ readUnits = 0, writeUnits = 0 }: Tallies): string[] {
  if (readUnits + writeUnits === 0) return []
  return [field('Units', `${grouped(readUnits)} read and ${grouped(writeUnits)} write units`)]
}

function talliesWords(pass: PassKind, tallies: Tallies): string {
  const problems = openSums(pass, tallies)
  return problems.length === 0 ? 'close' : `DO NOT CLOSE: ${problems.join('; ')}. This is a defect: please report it.`
}

function amount(progress: Progress): string {
  const { coverage, expected, run, pass, at } = progress
  const { read } = coverage.tallies
  const share = shareDone(progress)
  const percent = share === undefined ? 'of an unknown total' : `${(Math.floor(share * 1000) / 10).toFixed(1)}%`
  const estimate = coverage.complete || expected === undefined ? '' : `; ${expectation(progress)} ${grouped(expected)}`
  const seconds = passMs(pass, run, at) / 1000
  const average = seconds >= 1 ? `, ${grouped(read / seconds)}/s on average` : ''
  return `${progressBar(share, 24)} ${percent}  ${counted(read, 'item')} read${average}${estimate}`
}

/** `Read  100 = 90 migrated + …`; where only some parts are counted, `Read  100 destination items, 3 orphans, …`. */
function sums(pass: PassKind, t: Tallies): string[] {
  return sumsOf(pass, t).map(({ side, total, parts, closes, items, counts }) => {
    const words: { [name: string]: string } = parts
    const terms = Object.entries(counts).map(([name, count]) => `${grouped(count)} ${words[name]}`)
    const text = closes === 'exactly' ? ` = ${terms.join(' + ')}` : ` ${side} items, ${terms.join(', ')}`
    return field(`${total.charAt(0).toUpperCase()}${total.slice(1)}`, `${grouped(items)}${text}`)
  })
}

/** The state of live changes. Their heads are not read here; `segue report` reads them. */
function live({ run, capture, lag, control, at }: Progress): string[] {
  if (run.offline) return [field('Live', 'not captured: this run is offline')]
  const off = capture?.off === undefined ? '' : `, turned off ${iso(capture.off)}`
  const since = capture ? `captured since ${iso(capture.since)}${off}` : 'not captured yet'
  const behind = lag ? `; ${lagWords(lag)} (as of ${duration(at - lag.at)} ago)` : ''
  const quiet = control.quiet === undefined ? '' : '; quiet: no write of the copy can land any more'
  return [field('Live', `${since}${behind}${quiet}`)]
}

/** How far each build of indices is behind. */
function indices({ buildLags, at }: Progress): string[] {
  return buildLags.map((lag) => field('Index', `${buildLagWords(lag)} (as of ${duration(at - lag.at)} ago)`))
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
