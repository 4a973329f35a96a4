import { type Drained, drainRun } from '../shared/phases/drain.ts'
import { wire } from './wiring/handler.ts'
import { streamEngine } from './wiring/stream.ts'

/** Whether every live change up to a moment has been applied, found out by reading the stream. */
export const handler = wire(
  async (task: { run: string; fence: number; past: number }, context): Promise<Drained> =>
    drainRun(task, await streamEngine(task.run, context)),
)
