import type { PassKind } from '../../ledger/passes.ts'
import { type Covered, checkPass } from '../check-pass.ts'
import type { Ended } from '../halt.ts'
import type { Handler, Task, World } from './world.ts'

/** Decides from the ledger whether a pass has covered its table. */
export function checkPassHandler({ ledger, runtime }: World): Handler<Task & { kind: PassKind }, Covered | Ended> {
  return (task) => checkPass(task, { ledger, runtime })
}
