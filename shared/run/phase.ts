import { type RunRecord, updateRun } from '../ledger/runs.ts'
import type { LedgerTable } from '../ledger/table.ts'
import type { Runtime } from '../runtime/ports.ts'

/** Where a run is, as the states of the `run` machine are named. */
export type Phase =
  | 'Lease'
  | 'Capture'
  | 'Copy'
  | 'Drain'
  | 'Settle'
  | 'Repair'
  | 'Verify'
  | 'Orphans'
  | 'Finished'
  | 'Halted'

/** Entries kept on the run's row, about 40 bytes each; a run that is verified once more adds four. */
const phasesKept = 200

/** Notes the time of an entry into a phase. */
export function notePhase(run: RunRecord, phase: Phase, at: number): RunRecord {
  return { ...run, phases: [...(run.phases ?? []), { phase, at }].slice(-phasesKept) }
}

/**
 * Remembers the phase a run has entered, once: a phase is asked about many times. A late delivery to a run that has ended
 * changes nothing: it would say that the run is where it no longer is, or begin another verification.
 */
export async function enterPhase(
  id: string,
  phase: Phase,
  { ledger, runtime }: { ledger: LedgerTable; runtime: Pick<Runtime, 'emit' | 'clock'> },
  change: (run: RunRecord) => RunRecord = (run) => run,
): Promise<RunRecord> {
  let entered = false
  const run = await updateRun(ledger, id, (before) => {
    entered = before.state === 'running' && before.phase !== phase
    if (before.state !== 'running') return before
    return change(entered ? { ...notePhase(before, phase, runtime.clock()), phase } : before)
  })
  if (entered) runtime.emit({ code: 'run.phase', run: id, phase })
  return run
}
