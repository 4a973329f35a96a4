import { lastVerification } from './diff.ts'
import type { OperatorEngine } from './engine.ts'
import { type RefusedStart, whyRefused } from './start.ts'
import { type DifferenceGroup, keysIn } from './status/differences.ts'

/** What a repair would do. Counts are destination keys. */
export interface RepairPlan {
  kind: 'plan'
  run: string
  /** To rebuild from their source items. */
  keys: number
  /** The part of `keys` to delete, unless a source item makes them by then. */
  orphans: number
  groups: DifferenceGroup[]
}

/**
 * What a repair of the last run would do, by its last verification, or why it would be refused.
 * @throws OperatorError `not-verified` if that result is no longer known.
 */
export async function planRepair(engine: OperatorEngine): Promise<RepairPlan | RefusedStart> {
  const refused = await whyRefused({ only: 'repair' }, engine)
  if (refused) return refused
  const { run, groups } = await lastVerification(engine, { keys: false })
  const orphans = groups.filter(({ kind }) => kind === 'orphan')
  return { kind: 'plan', run: run.id, keys: keysIn(groups), orphans: keysIn(orphans), groups }
}
