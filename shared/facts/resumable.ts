import { keepDays } from '../ledger/keys.ts'
import type { RunRecord } from '../ledger/runs.ts'
import { counted } from '../runtime/text.ts'
import type { Coverage } from './coverage.ts'

type Stand = Pick<RunRecord, 'state' | 'task' | 'verification'>

/**
 * Whether a run has finished before, and has only verified or repaired its result since. Its destination may be in use:
 * the run may be verified again, however its last verification ended, but never copies again.
 */
export function wasFinished({ state }: Pick<Stand, 'state'>): boolean {
  return state === 'finished'
}

/** Whether a run has finished, and nothing is being done to it: then its last verification counts. */
export function isFinished({ state, task }: Pick<Stand, 'state' | 'task'>): boolean {
  return state === 'finished' && task === undefined
}

/** Whether a repair has a complete list: a verification that stopped half-way has listed only a part. */
export function isRepairable(run: Stand): boolean {
  return wasFinished(run) && run.verification?.ended !== false
}

/** The command that continues a run that stopped half-way. */
export function resumeCommand(run: Stand): 'segue run --resume' | 'segue verify' | 'segue repair' | 'segue index' {
  if (!wasFinished(run)) return 'segue run --resume'
  if (run.task?.kind === 'index') return 'segue index'
  return run.task?.kind === 'repair' && isRepairable(run) ? 'segue repair' : 'segue verify'
}

/**
 * Why a planned copy cannot be resumed: rows of its chunks have expired, so their results are unknown, and planning it
 * again would copy again.
 */
export function whyExpired({ id, planned, destination }: RunRecord, { missing }: Coverage): string | undefined {
  if (!planned || missing.length === 0) return undefined
  return `The copy of run ${id} has lost the rows of ${counted(missing.length, 'chunk')}, the first is ${missing[0]}: the ledger keeps them for ${keepDays} days. Turn live changes off (\`segue capture off\`), empty ${destination} and start a new run.`
}
