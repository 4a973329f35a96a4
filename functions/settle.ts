import type { ListPlace } from '../shared/live/list-walk.ts'
import { type Settled, settleRun } from '../shared/phases/settle.ts'
import { wire } from './wiring/handler.ts'
import { settleEngine } from './wiring/live.ts'

/** Once no page of copy can land any more: makes every removed or contested item what the source says now. */
export const handler = wire(
  async (task: { run: string; fence: number; from: ListPlace }, context): Promise<Settled> =>
    settleRun(task, await settleEngine(task, context)),
)
