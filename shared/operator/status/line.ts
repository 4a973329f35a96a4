import { passMs, workedMs } from '../../facts/phase-times.ts'
import type { Control } from '../../ledger/control.ts'
import { type PhaseEntry, passes, phases } from '../../ledger/passes.ts'
import { counted, duration, grouped } from '../../runtime/text.ts'
import { isRecent, lastCommand, lastWords } from '../people.ts'
import { foundWords, keyLabel } from './format.ts'
import { buildLagWords, lagWords } from './lag.ts'
import { etaMs, rateOf, stalledMs, type Track } from './rate-and-eta.ts'
import type { Progress } from './read.ts'
import { type SplitKey, splitKeys } from './splits.ts'
import { waitingFor } from './waiting.ts'

/** Split keys named in a line; more are counted. */
const namedKeys = 3

/**
 * One greppable line, after gh-ost's: `Copy: 595700/752865 79.1%; 5,812/s; chunks 131/160 done, 3 splits (key #3f9a1c in
 * 9 ways); ETA 54s`. docs/understanding-output.md explains each field. The last field is the ETA while the run
 * runs, and how long it took once it has ended.
 */
export function progressLine(progress: Progress, seen: Track, { keys }: { keys: boolean }): string {
  const rate = rateOf(seen)
  return [
    `${label(progress)}: ${amount(progress)}`,
    ...ending(progress, rate),
    chunkCounts(progress, keys),
    ...lagging(progress),
    ...buildsLagging(progress),
    last(progress, rate),
  ].join('; ')
}

/** The line below it, while the run waits: `waiting: live changes are being turned on, 43s left`. */
export function waitingLine(progress: Progress, seen: Track): string | undefined {
  const waiting = waitingFor(progress, stalledMs(seen))
  return waiting && `waiting: ${waiting}`
}

/**
 * The line below it for others than who gave it: the last command, while it keeps the run from working or is not five minutes
 * old.
 */
export function commandLine({ control, at }: Progress): string | undefined {
  const last = lastCommand(control)
  const pauses = pausesWords(control, at)
  const isTold = last && (control.command !== 'run' || pauses !== undefined || isRecent(last, at))
  const words = [...(pauses === undefined ? [] : [pauses]), ...(isTold ? [`last command: ${lastWords(last, at)}`] : [])]
  return words.length > 0 ? words.join('; ') : undefined
}

/** `pauses at 2026-11-26T05:00:00Z`, where somebody asked for that ahead of time. */
export function pausesWords({ command, pauseAt }: Control, at: number): string | undefined {
  if (command !== 'run' || pauseAt === undefined || pauseAt <= at) return undefined
  return `pauses at ${new Date(pauseAt).toISOString().replace(/\.\d+/, '')}`
}

/** The share done, from 0 to 1; absent while the total is unknown. Below 1 until the chunks cover the table. */
export function shareDone({ coverage, expected }: Progress): number | undefined {
  if (coverage.complete) return 1
  const { read } = coverage.tallies
  return expected !== undefined && expected > read ? read / expected : undefined
}

function label({ run, verdict }: Progress): string {
  switch (verdict.kind) {
    case 'running':
      return run.phase
    case 'finished':
      return 'Finished'
    case 'paused':
      return 'Paused'
    case 'halted':
      return 'Halted'
    case 'aborted':
      return 'Aborted'
    case 'interrupted':
      return 'Interrupted'
  }
}

function amount(progress: Progress): string {
  const { coverage, expected } = progress
  const { read } = coverage.tallies
  if (coverage.complete) return `${read}/${read} 100%`
  if (progress.verdict.kind === 'finished') return '?/? (rows expired)'
  const share = shareDone(progress)
  // Rounded down: only chunks that cover the table give 100 %.
  if (share !== undefined) return `${read}/${expected} ${(Math.floor(share * 1000) / 10).toFixed(1)}%`
  return expected ? `${read}/? (more than ${expectation(progress)} ${expected})` : `${read}/? (count unknown)`
}

/** The words before the expected number that say whose count it is. */
export function expectation({ pass }: Pick<Progress, 'pass'>): string {
  return passes[pass].expected.words
}

/** The lag, where it matters: not in Drain, whose waiting line has it, nor after live changes were turned off. */
function lagging({ run, verdict, lag, capture }: Progress): string[] {
  if (!lag || (lag.guard === 'ok' && !lag.stopped)) return []
  const matters =
    verdict.kind === 'running'
      ? phases[run.phase].readsStream !== 'source'
      : verdict.kind === 'finished' && (verdict.lacksChanges || capture?.off === undefined)
  return matters ? [lagWords(lag)] : []
}

/** The same for the builds of indices. */
function buildsLagging({ run, verdict, buildLags }: Progress): string[] {
  const phase: PhaseEntry = phases[run.phase]
  const matters = verdict.kind === 'running' ? phase.readsStream !== 'index' : verdict.kind === 'finished'
  if (!matters) return []
  return buildLags.filter(({ guard, stopped }) => guard !== 'ok' || stopped).map((lag) => `index ${buildLagWords(lag)}`)
}

function ending({ run, verdict, pass, coverage, at }: Progress, rate: number | undefined): string[] {
  if (verdict.kind === 'running') return [rate === undefined ? '?/s' : `${grouped(rate)}/s`]
  const seconds = passMs(pass, run, at) / 1000
  if (verdict.kind !== 'finished' || !coverage.complete || seconds < 1) return []
  return [`${grouped(coverage.tallies.read / seconds)}/s on average`]
}

function chunkCounts({ coverage, chunks, verdict, working }: Progress, keys: boolean): string {
  const { done, open, failed, missing, splits, tallies } = coverage
  const parts = [`chunks ${done}/${done + open + failed.length + missing.length} done`]
  if (verdict.kind === 'running' && open > 0) parts.push(`${working} at work`)
  if (failed.length > 0) parts.push(`${failed.length} failed`)
  if (splits > 0) parts.push(`${counted(splits, 'split')} (${splitWords(splitKeys(chunks), keys)})`)
  if (verdict.kind === 'finished' && !verdict.found) return [...parts, 'verification no longer known'].join(', ')
  const found = (verdict.kind === 'finished' && verdict.found) || tallies
  if (found.quarantined > 0) parts.push(`${grouped(found.quarantined)} quarantined`)
  return [...parts, ...foundWords(found)].join(', ')
}

function splitWords(splits: SplitKey[], keys: boolean): string {
  const named = splits.slice(0, namedKeys).map(({ key, ways }) => `${keyLabel(key, keys)} in ${ways} ways`)
  if (splits.length > namedKeys) named.push(`${counted(splits.length - namedKeys, 'more key')}`)
  return named.join(', ')
}

function last(progress: Progress, rate: number | undefined): string {
  const { run, verdict, at } = progress
  if (verdict.kind !== 'running') return `took ${duration(workedMs(run, at))}`
  const eta = etaMs(progress, rate)
  return `ETA ${eta === undefined ? 'unknown' : duration(eta)}`
}
