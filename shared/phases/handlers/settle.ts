import type { ListPlace } from '../../live/list-work.ts'
import { alive } from '../beat.ts'
import { type Settled, settleRun } from '../settle.ts'
import { settleEngine } from './engines.ts'
import type { Handler, LiveWorld, Migrating, Task } from './world.ts'

/** Reconciles deleted and contested items with the source, once no page of copy can land. */
export function settleHandler(world: LiveWorld & Migrating): Handler<Task & { from: ListPlace }, Settled> {
  return alive(
    world,
    { phase: 'Settle', waitsFor: 'a slice that died may still be writing until its deadline' },
    async (task, deadline, beat) => settleRun(task, await settleEngine(world, task, deadline, beat)),
  )
}
