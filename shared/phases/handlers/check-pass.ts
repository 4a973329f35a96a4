import { type PassKind, passes } from '../../ledger/passes.ts'
import { alive } from '../beat.ts'
import { type Covered, checkPass } from '../check-pass.ts'
import type { Ended } from '../halt.ts'
import type { Handler, Task, World } from './world.ts'

/** Decides from the ledger whether a pass has covered its table. */
export function checkPassHandler(world: World): Handler<Task & { kind: PassKind }, Covered | Ended> {
  const { ledger, runtime } = world
  return alive(world, { phase: ({ kind }) => passes[kind].phase }, (task) => checkPass(task, { ledger, runtime }))
}
