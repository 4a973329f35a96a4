import { keepDays } from '../ledger/keys.ts'
import { type Phase, phases as phaseTable } from '../ledger/passes.ts'
import type { RunRecord } from '../ledger/runs.ts'
import { counted } from '../runtime/text.ts'
import type { Coverage } from './coverage.ts'

type Stand = Pick<RunRecord, 'state' | 'phase' | 'phases' | 'verification'>

/**
 * Whether a run has finished and only verified or repaired its result since. Its destination may be in use: the run may
 * be verified again however the last verification ended, and never copies again.
 */
export function wasFinished({ state, phases = [] }: Pick<Stand, 'state' | 'phases'>): boolean {
  const last = (name: Phase) => phases.findLastIndex(({ phase }) => phase === name)
  return state === 'finished' || last('Finished') > last('Copy')
}

/** Whether there is something to repair: the list of a verification that stopped half-way is of no more than a half. */
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
 * Why a copy that was planned cannot be resumed: rows of its chunks have expired, nobody knows any more what it did, and
 * planning it anew would do it again.
 */
export function whyExpired({ id, planned, destination }: RunRecord, { missing }: Coverage): string | undefined {
  if (!planned || missing.length === 0) return undefined
  return `The copy of run ${id} has lost the rows of ${counted(missing.length, 'chunk')}, the first is ${missing[0]}: the ledger keeps them for ${keepDays} days. Turn live changes off (\`segue capture off\`), empty ${destination} and start a new run.`
}
