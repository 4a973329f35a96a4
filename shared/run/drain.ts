import { type DrainEngine, type DrainTask, drain } from '../live/drain.ts'
import { type Halted, haltRun } from './halt.ts'
import { recordLag } from './lag.ts'
import { enterPhase } from './phase.ts'

export type Drained = { outcome: 'drained' } | { outcome: 'more' } | { outcome: 'waiting'; seconds: number } | Halted

/** Between two looks at a stream that is behind, seconds. Each look costs about ten events of 25,000: two days' worth. */
const lookAgainSeconds = 60

/** Drains, and halts the run where draining shows that it cannot end truthfully. */
export async function drainRun(task: DrainTask, engine: DrainEngine): Promise<Drained> {
  await enterPhase(task.run, 'Drain', engine)
  const found = await drain(task, engine)
  await recordLag(task.run, found, engine)
  switch (found.outcome) {
    case 'drained':
    case 'more':
      return { outcome: found.outcome }
    case 'waiting':
      return { outcome: 'waiting', seconds: Math.min(lookAgainSeconds, Math.max(1, found.lagSeconds)) }
    case 'stopped':
      return haltRun({ ...task, error: found.reason, cause: `Draining stopped: ${found.reason}.` }, engine)
    case 'trimmed': {
      const cause =
        'The stream threw changes away before they were applied: it keeps them for 24 hours. ' +
        'The destination may lack them. Empty it and start a new run, and see `docs/architecture.md` §7 for the guard on lag.'
      return haltRun({ ...task, error: 'stream-trimmed', cause }, engine)
    }
  }
}
