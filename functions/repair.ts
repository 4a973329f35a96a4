import { getRun } from '../shared/ledger/runs.ts'
import { type Repaired, type RepairPlace, repairRun } from '../shared/run/repair.ts'
import { door } from './wiring/door.ts'
import { liveEngine } from './wiring/live.ts'
import { environment, ledger } from './wiring/world.ts'

/** Derives again just those items at which the last verification found a difference. */
export const handler = door(
  async (task: { run: string; fence: number; from: RepairPlace }, context): Promise<Repaired> =>
    repairRun(task, {
      ...(await liveEngine(await getRun(ledger, task.run))),
      deadline: { remainingMs: () => context.getRemainingTimeInMillis() },
      codeHash: environment.codeHash,
    }),
)
