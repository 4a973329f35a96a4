import { counted, duration } from './format.ts'
import type { Progress } from './read.ts'

/** Slices checkpoint every 5 s, so silence of three times that is worth a word. */
const quietMs = 15_000

/** Why a running run is not getting on, as far as the ledger and the execution tell; absent while it gets on. */
export function waitingFor(progress: Progress, stalledMs: number): string | undefined {
  const { at, run, control, execution, coverage, working, chunks, verdict } = progress
  if (verdict.kind !== 'running') return undefined
  if (run.state === 'aborting' || control.command === 'abort') return 'aborting'
  if (control.command === 'pause') return 'paused by an operator'
  if (!run.planned) return 'the chunks are being planned'
  if (coverage.complete) return 'every chunk is copied, what follows the copy is at work'
  if (stalledMs < quietMs) return execution.status === 'unknown' ? 'Step Functions does not answer' : undefined
  const quiet = duration(stalledMs)
  if (coverage.open === 0) return `${counted(coverage.failed.length, 'chunk')} failed, the run is being halted`
  if (working === 0)
    return `no slice at work for ${quiet}: Lambda is short of concurrency, or the machine backs off before a retry`
  const deadlines = chunks.flatMap(({ state, deadline = 0 }) => (state === 'open' && deadline > at ? [deadline] : []))
  const ends = duration(Math.max(...deadlines) - at)
  return `no checkpoint for ${quiet} from ${counted(working, 'slice')}: throttled, or dead and taken up again within ${ends}`
}
