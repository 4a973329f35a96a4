import type { ListPlace } from '../../live/list-walk.ts'
import { type Repaired, repairRun } from '../repair.ts'
import { settleEngine } from './engines.ts'
import type { Handler, LiveWorld, Migrating, Task } from './world.ts'

/** Rebuilds just those items at which the last verification found a difference. */
export function repairHandler(world: LiveWorld & Migrating): Handler<Task & { from: ListPlace }, Repaired> {
  return async (task, deadline) => repairRun(task, await settleEngine(world, task, deadline))
}
