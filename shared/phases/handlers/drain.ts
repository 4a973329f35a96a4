import { type Drained, drainRun } from '../drain.ts'
import { streamEngine } from './engines.ts'
import type { Handler, Migrating, StreamWorld, Task } from './world.ts'

/** Whether every live change up to a moment has been applied, by reading the stream. */
export function drainHandler(world: StreamWorld & Migrating): Handler<Task & { past: number }, Drained> {
  return async (task, deadline) => drainRun(task, await streamEngine(world, task.run, deadline))
}
