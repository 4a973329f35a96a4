import { type RunRecord, updateRun } from '../ledger/runs.ts'
import type { LedgerTable } from '../ledger/table.ts'
import type { Runtime } from '../runtime/ports.ts'

/** Where a run is, as the states of the `run` machine are named in the console. */
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

/** Remembers the phase a run has entered, once: a phase is asked about many times. */
export async function enterPhase(
  id: string,
  phase: Phase,
  { ledger, runtime }: { ledger: LedgerTable; runtime: Pick<Runtime, 'emit'> },
  change: (run: RunRecord) => RunRecord = (run) => run,
): Promise<RunRecord> {
  let entered = false
  const run = await updateRun(ledger, id, (before) => {
    entered = before.phase !== phase
    return change({ ...before, phase })
  })
  if (entered) runtime.emit({ code: 'run.phase', run: id, phase })
  return run
}
