import type { Deployed } from '../../shared/operator/engine.ts'
import type { RepairPlan } from '../../shared/operator/repair.ts'
import { counted } from '../../shared/runtime/text.ts'
import { groupLines } from './diff.ts'
import { placeText } from './place.ts'

/** What a repair does, or with `dryRun` would do. */
export function repairLines({ keys, orphans, groups }: RepairPlan, deployment: Deployed, dryRun: boolean): string[] {
  const { sourceTable, destinationTable } = deployment
  return [
    `${dryRun ? 'Would rebuild' : 'Rebuilds'} ${counted(keys, 'key')} of ${destinationTable} from ${sourceTable}, in ${placeText(deployment)}`,
    ...groupLines(groups),
    ...(orphans > 0
      ? [
          `${dryRun ? 'Would delete' : 'Deletes'} ${counted(orphans, 'orphan')}, unless a source item makes them by then`,
        ]
      : []),
  ]
}
