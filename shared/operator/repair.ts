import { isRepairable } from '../facts/resumable.ts'
import { lastVerification } from './diff.ts'
import type { OperatorEngine } from './engine.ts'
import { OperatorError } from './errors.ts'
import { type DifferenceGroup, keysIn } from './status/differences.ts'

/** What a repair would do. Counts are destination keys. */
export interface RepairPlan {
  run: string
  /** Rebuilt from their source items. */
  keys: number
  /** Of them, those deleted unless a source item makes them by then. */
  orphans: number
  groups: DifferenceGroup[]
}

/**
 * Says what a repair of the last run would do, from what its last verification found.
 * @throws OperatorError `no-run`, `not-verified`, or `not-finished` where the run would not be repaired.
 */
export async function planRepair(engine: Pick<OperatorEngine, 'ledger' | 'deployment'>): Promise<RepairPlan> {
  const { run, groups } = await lastVerification(engine, { keys: false })
  if (!isRepairable(run))
    throw new OperatorError(
      'not-finished',
      `Would be refused: run ${run.id} is ${run.state}, and only a finished run that was verified to the end is repaired. See: segue status${engine.deployment.flag}`,
    )
  const orphans = groups.filter(({ kind }) => kind === 'orphan')
  return { run: run.id, keys: keysIn(groups), orphans: keysIn(orphans), groups }
}
