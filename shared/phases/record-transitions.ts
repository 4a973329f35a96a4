import type { AuditLog } from '../ledger/audit.ts'
import { readLease } from '../ledger/lease.ts'
import { readRecorded, writeRecorded } from '../ledger/recorded.ts'
import { findRun, type RunRecord } from '../ledger/runs.ts'
import type { LedgerTable } from '../ledger/table.ts'

/**
 * Adds each phase that a run has entered to the audit, with the time at which it did; of the last run, and of the one before
 * where that was not complete. Repeatable, also at the same time: a row is named by its run and entry, and one that is there stays.
 */
export async function recordTransitions(ledger: LedgerTable, destination: string, audit: AuditLog): Promise<void> {
  const lease = await readLease(ledger, destination)
  if (!lease) return
  const known = await readRecorded(ledger, destination)
  if (known && known.run !== lease.run) {
    const before = await findRun(ledger, known.run)
    if (before) await record(before, known.phases, destination, audit)
  }
  const run = await findRun(ledger, lease.run)
  if (!run) return
  const from = known?.run === run.id ? known.phases : 0
  const phases = await record(run, from, destination, audit)
  if (phases !== from || known?.run !== run.id) await writeRecorded(ledger, destination, { run: run.id, phases })
}

/** @returns how many phases of the run are recorded now. */
async function record(run: RunRecord, known: number, destination: string, audit: AuditLog): Promise<number> {
  const { phases = [], phasesLeftOut = 0 } = run
  const total = phases.length + phasesLeftOut
  for (let number = Math.max(known, phasesLeftOut) + 1; number <= total; number++) {
    const { phase, at } = phases[number - 1 - phasesLeftOut]!
    const isLast = number === total
    await audit.add(destination, {
      ...{ at, id: `${run.id}.${number}`, event: 'entered', what: phase, run: run.id, execution: run.execution },
      ...(isLast && run.reason !== undefined && { why: run.reason }),
    })
  }
  return total
}
