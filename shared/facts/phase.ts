import { isDriving } from '../ledger/fencing.ts'
import { type Phase, phases as phaseTable } from '../ledger/passes.ts'
import { type RunRecord, updateRun } from '../ledger/runs.ts'
import type { LedgerTable } from '../ledger/table.ts'
import type { Runtime } from '../runtime/ports.ts'

/** Entries kept on the run's row, about 40 bytes each. Every further verification adds four. */
const phasesKept = 200

type Entries = NonNullable<RunRecord['phases']>

/** Notes the time of an entry into a phase. */
export function notePhase(run: RunRecord, phase: Phase, at: number): RunRecord {
  const phases = [...(run.phases ?? []), { phase, at }]
  if (phases.length <= phasesKept) return { ...run, phases }
  const kept = thinned(phases)
  return { ...run, phases: kept, phasesLeftOut: (run.phasesLeftOut ?? 0) + phases.length - kept.length }
}

/**
 * Drops the entries between two ends, such as one verification of many, so that no stay seems to last beyond its end.
 * Drops the oldest first, but keeps everything up to the first finish: the copy and the finish are never forgotten.
 */
function thinned(phases: Entries): Entries {
  const ends = phases.flatMap(({ phase }, index) => (phaseTable[phase].ends ? [index] : []))
  const finished = phases.findIndex(({ phase }) => phase === 'Finished')
  const spans = ends.slice(1).map((to, index) => [ends[index]!, to] as const)
  const [from, to] = spans.find(([index]) => index >= finished) ?? spans[0] ?? [-1, 0]
  return [...phases.slice(0, from + 1), ...phases.slice(to + 1)]
}

/** When a run last entered this phase, ms since the epoch; when it began, where that is no longer known. */
export function enteredAt({ phases = [], startedAt }: Pick<RunRecord, 'phases' | 'startedAt'>, phase: Phase): number {
  return phases.findLast((entry) => entry.phase === phase)?.at ?? startedAt
}

/**
 * Records once that a run has entered a phase, although many tasks report it. A late delivery to a run that has ended,
 * or that another execution drives, changes nothing: it would record a phase that is over, or begin another
 * verification.
 */
export async function enterPhase(
  task: { run: string; fence: number },
  phase: Phase,
  { ledger, runtime }: { ledger: LedgerTable; runtime: Pick<Runtime, 'emit' | 'clock'> },
  change: (run: RunRecord) => RunRecord = (run) => run,
): Promise<RunRecord> {
  let entered = false
  const run = await updateRun(ledger, task.run, (before) => {
    entered = isDriving(task, before) && before.phase !== phase
    if (!isDriving(task, before)) return before
    return change(entered ? { ...notePhase(before, phase, runtime.clock()), phase } : before)
  })
  if (entered) runtime.emit({ code: 'run.phase', run: run.id, phase })
  return run
}
