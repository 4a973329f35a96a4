import { getRun } from '../shared/ledger/runs.ts'
import { type Settled, settleRun } from '../shared/run/settle.ts'
import { door } from './wiring/door.ts'
import { liveEngine } from './wiring/live.ts'
import { environment, ledger } from './wiring/world.ts'

/** Once no page of copy can land any more: makes every removed or contested item what the source says now. */
export const handler = door(
  async (task: { run: string; fence: number; from: number }, context): Promise<Settled> =>
    settleRun(task, {
      ...(await liveEngine(await getRun(ledger, task.run))),
      deadline: { remainingMs: () => context.getRemainingTimeInMillis() },
      codeHash: environment.codeHash,
    }),
)
