import { enterPhase } from '../facts/phase.ts'
import type { ListPlace } from '../live/list-work.ts'
import { beginQuiet } from '../live/quiet.ts'
import { type SettleEngine, settleBuckets } from '../live/settle-all.ts'
import { type Ended, endStopped } from './halt.ts'
import { machineWaitSeconds } from './waits.ts'

export type Settled =
  | { outcome: 'settled' }
  | { outcome: 'more'; from: ListPlace }
  | { outcome: 'waiting'; from: ListPlace; seconds: number }
  | Ended

/** Waits until no page of copy can land, then settles from place `from` on. */
export async function settleRun(
  task: { run: string; fence: number; from: ListPlace },
  engine: SettleEngine,
): Promise<Settled> {
  await enterPhase(task, 'Settle', engine)
  const quiet = await beginQuiet(task, engine)
  if (quiet.outcome === 'waiting')
    return { outcome: 'waiting', from: task.from, seconds: machineWaitSeconds(quiet.seconds) }
  const found = quiet.outcome === 'quiet' ? await settleBuckets(task, engine) : quiet
  switch (found.outcome) {
    case 'done':
      return { outcome: 'settled' }
    case 'more':
      return found
    case 'stopped':
      return endStopped(task, 'Settling', found.reason, engine)
  }
}
