import { listQuarantine, type Quarantined } from '../ledger/quarantine.ts'
import type { OperatorEngine } from './engine.ts'
import { lastRun } from './last-run.ts'
import { groupQuarantine, type QuarantineGroup, readQuarantineGroups } from './status/quarantine.ts'

export interface QuarantineList {
  run: string
  groups: QuarantineGroup[]
  /** Every item, only where asked for: the list may not fit into memory. */
  items?: Quarantined[]
}

/**
 * The items that the last run could not migrate, by cause; with `keys`, item by item.
 * @throws OperatorError `no-run`.
 */
export async function readQuarantine(
  engine: Pick<OperatorEngine, 'ledger' | 'deployment'>,
  { keys }: { keys: boolean },
): Promise<QuarantineList> {
  const run = await lastRun(engine)
  if (!keys) return { run, groups: await readQuarantineGroups(engine.ledger, run) }
  const items = await listQuarantine(engine.ledger, run)
  return { run, groups: groupQuarantine(items), items }
}
