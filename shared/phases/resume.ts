import { notePhase } from '../facts/phase.ts'
import { listChunks } from '../ledger/chunks.ts'
import type { Lease } from '../ledger/lease.ts'
import { passIdOf, passKinds } from '../ledger/passes.ts'
import { getRun, type RunRecord, updateRun } from '../ledger/runs.ts'
import type { LedgerTable } from '../ledger/table.ts'
import type { Clock } from '../runtime/ports.ts'

/**
 * Resumes a run that halted, finished or was interrupted, for the execution that holds the lease. Repeatable: a late
 * delivery changes nothing.
 */
export async function resumeRun(
  { run: id, execution, fence }: Lease,
  split: boolean,
  ledger: LedgerTable,
  clock: Clock,
) {
  const last = await getRun(ledger, id)
  const seen = last.state === 'running' ? await lastSeen(last, ledger) : clock()
  await updateRun(ledger, id, (before) => {
    const interrupted = before.state === 'running'
    if (interrupted && before.execution === execution) return before
    // Until then it was in its last phase. The time without an execution belongs to no phase.
    const { reason: _, endedAt: __, ...run } = interrupted ? notePhase(before, 'Interrupted', seen) : before
    return { ...notePhase(run, 'Lease', clock()), state: 'running', phase: 'Lease', split, execution, fence }
  })
}

/** When a run was last seen at work: at its last checkpoint, or when it entered its last phase; ms. */
async function lastSeen(run: RunRecord, ledger: LedgerTable): Promise<number> {
  const chunks = await Promise.all(passKinds.map((kind) => listChunks(ledger, run.id, passIdOf(run, kind))))
  const entered = run.phases?.at(-1)?.at ?? run.startedAt
  return chunks.flat().reduce((last, { updatedAt }) => Math.max(last, updatedAt), entered)
}
