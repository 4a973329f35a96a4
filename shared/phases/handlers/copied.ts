import { type Copied, copyEnded } from '../check-copy.ts'
import type { Halted } from '../halt.ts'
import type { Handler, Task, World } from './world.ts'

/** Decides from the ledger whether copy has covered the table. */
export function copiedHandler({ ledger, runtime }: World): Handler<Task, Copied | Halted> {
  return (task) => copyEnded(task, { ledger, runtime })
}
