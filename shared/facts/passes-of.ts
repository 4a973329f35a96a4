import { type PassKind, passes, passKinds, verificationPasses } from '../ledger/passes.ts'
import type { RunRecord } from '../ledger/runs.ts'

/**
 * The passes by which a run, or what is done to a finished one, ends: each must cover its table. A finished run is never copied
 * again, and a task ends by what it does itself.
 */
export function passesOf({ state, task, index }: Pick<RunRecord, 'state' | 'task' | 'index'>): PassKind[] {
  if (task?.kind === 'index') return ['index']
  if (task || state === 'finished') return verificationPasses
  return passKinds.filter((kind) => passes[kind].numbered !== 'build' || index !== undefined)
}
