import type { ListPlace } from '../shared/live/list-walk.ts'
import { type Repaired, repairRun } from '../shared/phases/repair.ts'
import { wire } from './wiring/handler.ts'
import { settleEngine } from './wiring/live.ts'

/** Derives again just those items at which the last verification found a difference. */
export const handler = wire(
  async (task: { run: string; fence: number; from: ListPlace }, context): Promise<Repaired> =>
    repairRun(task, await settleEngine(task, context)),
)
