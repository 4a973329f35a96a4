import { functions } from '../config/functions-and-permissions.ts'
import { phases as phaseTable } from '../ledger/passes.ts'
import type { RunRecord } from '../ledger/runs.ts'
import { graceMs } from './coverage.ts'

/** The longest that one invocation of a phase that writes items takes, ms. */
const longestMs = Math.max(functions.settle.seconds, functions.repair.seconds) * 1000

/**
 * When the last write of the phases that write items (settle, repair) must have landed, ms since the epoch; 0 if the
 * run never entered one. They note no deadline, and an invocation that was lost may outlive its phase.
 */
export function latestWriteMs({ phases = [] }: Pick<RunRecord, 'phases'>, now: number): number {
  return phases.reduce((latest, { phase }, index) => {
    if (!phaseTable[phase].writesItems) return latest
    const left = phases[index + 1]?.at ?? now
    return Math.max(latest, left + longestMs + graceMs)
  }, 0)
}
