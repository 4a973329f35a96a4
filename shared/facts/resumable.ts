import { keepDays } from '../ledger/keys.ts'
import { type Phase, phases as phaseTable } from '../ledger/passes.ts'
import type { RunRecord } from '../ledger/runs.ts'
import { counted } from '../runtime/text.ts'
import type { Coverage } from './coverage.ts'

type Stand = Pick<RunRecord, 'state' | 'phase' | 'phases' | 'verification'>

/**
 * Whether a run has finished before, and has only verified or repaired its result since. Its destination may be in use:
 * the run may be verified again, however its last verification ended, but never copies again.
 */
export function wasFinished({ state, phases = [] }: Pick<Stand, 'state' | 'phases'>): boolean {
  const last = (name: Phase) => phases.findLastIndex(({ phase }) => phase === name)
  return state === 'finished' || last('Finished') > last('Copy')
}

/** Whether a repair has a complete list: a verification that stopped half-way has listed only a part. */
export function isRepairable(run: Stand): boolean {
  return wasFinished(run) && (run.state === 'finished' || run.verification?.ended === true)
}

/** The command that continues a run that stopped half-way. */
export function resumeCommand(run: Stand): 'segue run --resume' | 'segue verify' | 'segue repair' {
  if (!wasFinished(run)) return 'segue run --resume'
  const { continuedBy } = phaseTable[run.phase]
  return continuedBy === 'segue repair' && !isRepairable(run) ? 'segue verify' : continuedBy
}

/**
 * Why a planned copy cannot be resumed: rows of its chunks have expired, so their results are unknown, and planning it
 * again would copy again.
 */
export function whyExpired({ id, planned, destination }: RunRecord, { missing }: Coverage): string | undefined {
  if (!planned || missing.length === 0) return undefined
  return `The copy of run ${id} has lost the rows of ${counted(missing.length, 'chunk')}, the first is ${missing[0]}: the ledger keeps them for ${keepDays} days. Turn live changes off (\`segue capture off\`), empty ${destination} and start a new run.`
}
