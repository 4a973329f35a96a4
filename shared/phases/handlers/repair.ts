import type { ListPlace } from '../../live/list-work.ts'
import { alive } from '../beat.ts'
import { type Repaired, repairRun } from '../repair.ts'
import { settleEngine } from './engines.ts'
import type { Handler, LiveWorld, Migrating, Task } from './world.ts'

/** Rebuilds only the items that the last verification flagged. */
export function repairHandler(world: LiveWorld & Migrating): Handler<Task & { from: ListPlace }, Repaired> {
  return alive(world, { phase: 'Repair' }, async (task, deadline, beat) =>
    repairRun(task, await settleEngine(world, task, deadline, beat)),
  )
}
