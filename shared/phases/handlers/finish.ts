import { type Finished, finishRun, type Probing } from '../finish.ts'
import type { Ended } from '../halt.ts'
import type { Handler, Task, World } from './world.ts'

/** Decides from the ledger how the run ended. */
export function finishHandler({
  ledger,
  runtime,
}: World): Handler<Task & { probed?: boolean }, Finished | Probing | Ended> {
  return (task) => finishRun(task, { ledger, runtime })
}
