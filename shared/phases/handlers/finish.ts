import { alive } from '../beat.ts'
import { type Finished, finishRun, type Probing } from '../finish.ts'
import type { Ended } from '../halt.ts'
import type { Handler, Task, World } from './world.ts'

/** Decides from the ledger how the run ended. */
export function finishHandler(world: World): Handler<Task & { probed?: boolean }, Finished | Probing | Ended> {
  const { ledger, runtime } = world
  return alive(world, { phase: 'Finished' }, (task) => finishRun(task, { ledger, runtime }))
}
