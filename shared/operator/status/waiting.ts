import { quietAfter } from '../../facts/coverage.ts'
import { commandAt } from '../../ledger/control.ts'
import { isAborted } from '../../ledger/fencing.ts'
import { isPassPhase, type PassPhase, type Phase, passes } from '../../ledger/passes.ts'
import { counted, duration } from '../../runtime/text.ts'
import { budgetWait } from './budget.ts'
import { lagWords } from './lag.ts'
import type { Progress } from './read.ts'

/** Slices checkpoint every 5 s; three times that without one is reported. */
const quietMs = 15_000

/** Why a running run waits, as far as the ledger and the execution tell; absent while it makes progress. */
export function waitingFor(progress: Progress, stalledMs: number): string | undefined {
  const { run, control, verdict } = progress
  if (verdict.kind !== 'running') return undefined
  if (isAborted(run, control)) return 'aborting'
  if (commandAt(control, progress.at) === 'pause') return 'pausing: what is at work saves a checkpoint and ends'
  const { phase } = run
  return isPassPhase(phase) ? passWords(progress, stalledMs) : waits[phase](progress)
}

/** What each phase without a pass waits for. */
const waits: Record<Exclude<Phase, PassPhase>, (progress: Progress) => string | undefined> = {
  Lease: (progress) => (progress.run.planned ? 'the run is being resumed' : leaseWords(progress)),
  Capture: captureWords,
  Drain: drainWords,
  Settle: settleWords,
  Repair: () => 'rebuilding the keys that verify flagged',
  'Prepare index': () => 'search indices are created, and changes of the destination are turned on for them',
  'Drain index': () => 'changes up to the end of the index are being brought into it',
  Bury: buryWords,
  Finished: () => undefined,
  Halted: () => undefined,
  Paused: () => undefined,
  Interrupted: () => undefined,
}

function captureWords({ capture, at }: Progress): string {
  const leftMs = (capture?.copyFrom ?? 0) - at
  return `live changes are being turned on, ${leftMs > 0 ? `${duration(leftMs)} left` : 'which takes up to minutes'}`
}

function leaseWords({ lease, at }: Progress): string {
  const leftMs = (lease?.quietAfter ?? 0) - at
  if (leftMs < 0) return 'the chunks are being planned'
  return `an earlier run may still be writing, for ${duration(leftMs)} at most`
}

function drainWords({ lag, at }: Progress): string {
  const words = 'live changes up to the end of the copy are being applied'
  return lag ? `${words}; ${lagWords(lag)} (as of ${duration(at - lag.at)} ago)` : words
}

function settleWords({ control, coverage, lease, at }: Progress): string {
  if (control.quiet !== undefined) return 'reconciling deleted and contested items with the source'
  const left = Math.max(quietAfter(coverage) ?? 0, lease?.quietAfter ?? 0) - at
  return `an earlier slice may still be writing, for ${duration(left)} at most`
}

function buryWords({ coverage, at }: Progress): string {
  const left = (quietAfter(coverage) ?? 0) - at
  if (left > 0) return `an earlier slice may still be writing, for ${duration(left)} at most`
  return 'deleting once more the documents of items that were deleted meanwhile'
}

function passWords(progress: Progress, stalledMs: number): string | undefined {
  const { at, run, pass, execution, coverage, working, chunks } = progress
  // A list read while the first slices start may not have the newest chunks yet.
  const planned = passes[pass].numbered === 'once' ? run.planned : coverage.missing.length === 0 || working > 0
  if (!planned) return 'the chunks are being planned'
  if (coverage.complete) return 'every chunk is done, the next phase begins'
  const budget = budgetWait(progress)
  if (budget !== undefined) return budget
  if (stalledMs < quietMs) return execution.status === 'unknown' ? 'Step Functions does not respond' : undefined
  const quiet = duration(stalledMs)
  if (coverage.open === 0) return `${counted(coverage.failed.length, 'chunk')} failed, the run is being halted`
  if (working === 0)
    return `no slice at work for ${quiet}: Lambda is short of concurrency, or the machine backs off before a retry`
  const deadlines = chunks.flatMap(({ state, deadline = 0 }) => (state === 'open' && deadline > at ? [deadline] : []))
  const ends = duration(Math.max(...deadlines) - at)
  return `no checkpoint for ${quiet} from ${counted(working, 'slice')}: throttled, or dead and resumed within ${ends}`
}
