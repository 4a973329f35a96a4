import type { RunRecord } from '../ledger/runs.ts'

type Stand = Pick<RunRecord, 'state' | 'phase' | 'phases' | 'verification'>

/**
 * Whether a run has finished and only verified or repaired its result since. Its destination may be in use: the run may
 * be verified again however the last verification ended, and never copies again.
 */
export function wasFinished({ state, phases = [] }: Pick<Stand, 'state' | 'phases'>): boolean {
  const last = (name: string) => phases.findLastIndex(({ phase }) => phase === name)
  return state === 'finished' || last('Finished') > last('Copy')
}

/** Whether there is something to repair: the list of a verification that stopped half-way is of no more than a half. */
export function isRepairable(run: Stand): boolean {
  return wasFinished(run) && (run.state === 'finished' || run.verification?.ended === true)
}

/** The command that goes on with a run that stopped half-way. */
export function resumeCommand(run: Stand): 'segue run --resume' | 'segue verify' | 'segue repair' {
  if (!wasFinished(run)) return 'segue run --resume'
  return run.phase === 'Repair' && isRepairable(run) ? 'segue repair' : 'segue verify'
}
