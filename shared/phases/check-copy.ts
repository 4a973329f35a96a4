import { readCoverage } from '../facts/coverage.ts'
import { readControl } from '../ledger/control.ts'
import { getRun } from '../ledger/runs.ts'
import type { LedgerTable } from '../ledger/table.ts'
import type { Runtime } from '../runtime/ports.ts'
import { type Halted, haltRun, notDriving, whyHalted } from './halt.ts'

export interface Copied {
  outcome: 'copied'
  /** Whether live changes must now be drained and settled. */
  capture: boolean
  /** Live changes must be applied up to this moment, ms since the epoch. */
  at: number
}

/** Decides from the ledger whether copy has covered the table. If not, halts the run, which can be resumed. */
export async function copyEnded(
  task: { run: string; fence: number },
  engine: { ledger: LedgerTable; runtime: Runtime },
): Promise<Copied | Halted> {
  const { ledger, runtime } = engine
  const run = await getRun(ledger, task.run)
  const control = await readControl(ledger, run.id)
  if (control.fence !== task.fence) return notDriving(task, run)
  const coverage = await readCoverage(ledger, run, 'copy')
  const halted = whyHalted(run, 'copy', coverage, control.command)
  if (halted) return haltRun({ ...task, ...halted }, engine)
  return { outcome: 'copied', capture: !run.offline, at: runtime.clock() }
}
