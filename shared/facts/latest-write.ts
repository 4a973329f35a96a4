import { functionNames, functions, isTask } from '../config/functions-and-permissions.ts'
import { phases as phaseTable } from '../ledger/passes.ts'
import type { RunRecord } from '../ledger/runs.ts'
import { graceMs } from './coverage.ts'

/** The longest that one invocation of a phase takes, ms. Slices note their own ends. */
const longestMs =
  Math.max(
    ...functionNames.filter(isTask).flatMap((name) => {
      const { seconds } = functions[name]
      return typeof seconds === 'number' ? seconds : []
    }),
  ) * 1000

/**
 * When the last write of the phases that write must have landed, ms since the epoch; 0 if the run never entered one. They
 * note no deadline, and an invocation that was lost may outlive its phase.
 */
export function latestWriteMs({ phases = [] }: Pick<RunRecord, 'phases'>, now: number): number {
  return phases.reduce((latest, { phase }, index) => {
    if (!phaseTable[phase].writes) return latest
    const left = phases[index + 1]?.at ?? now
    return Math.max(latest, left + longestMs + graceMs)
  }, 0)
}
