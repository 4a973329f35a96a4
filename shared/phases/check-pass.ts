import { readCoverage } from '../facts/coverage.ts'
import { commandAt, readControl } from '../ledger/control.ts'
import { isAborted, isDriving } from '../ledger/fencing.ts'
import { type PassKind, passes } from '../ledger/passes.ts'
import { getRun } from '../ledger/runs.ts'
import type { LedgerTable } from '../ledger/table.ts'
import type { Runtime } from '../runtime/ports.ts'
import { type Ended, haltRun, notDriving, pauseRun, whyHalted } from './halt.ts'
import { whyIndexLost } from './index-lost.ts'

/**
 * How much the clock of a slice may be ahead of this one, ms: it has stopped for a pause at its own time, and must not be taken for
 * one that stopped for no reason.
 */
const clocksDifferMs = 30_000

export interface Covered {
  outcome: 'covered'
  /** Whether live changes are captured. After copy they must then be drained. */
  capture: boolean
  /** Live changes must be applied up to this moment, ms since the epoch. */
  at: number
}

/**
 * Decides from the ledger whether a pass has covered its table, once its Map has ended. If not, ends the execution,
 * paused or halted: everything can be resumed. An abort outranks a pause, and a pause outranks what failed, because a
 * resume opens failed chunks again.
 */
export async function checkPass(
  task: { run: string; fence: number; kind: PassKind },
  engine: { ledger: LedgerTable; runtime: Runtime },
): Promise<Covered | Ended> {
  const { ledger, runtime } = engine
  const { kind } = task
  const run = await getRun(ledger, task.run)
  const control = await readControl(ledger, run.id)
  if (!isDriving(task, run) || control.fence !== task.fence) return notDriving(task, run)
  if (commandAt(control, runtime.clock() + clocksDifferMs) === 'pause') return pauseRun(task, engine)
  const lost = passes[kind].numbered === 'build' && !isAborted(run, control) && (await whyIndexLost(run, ledger))
  const halted = lost || whyHalted(run, kind, await readCoverage(ledger, run, kind), isAborted(run, control))
  if (halted) return haltRun({ ...task, ...halted }, engine)
  return { outcome: 'covered', capture: !run.offline, at: runtime.clock() }
}
