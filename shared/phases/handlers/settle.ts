import type { ListPlace } from '../../live/list-work.ts'
import { type Settled, settleRun } from '../settle.ts'
import { settleEngine } from './engines.ts'
import type { Handler, LiveWorld, Migrating, Task } from './world.ts'

/** Reconciles deleted and contested items with the source, once no page of copy can land. */
export function settleHandler(world: LiveWorld & Migrating): Handler<Task & { from: ListPlace }, Settled> {
  return async (task, deadline) => settleRun(task, await settleEngine(world, task, deadline))
}
