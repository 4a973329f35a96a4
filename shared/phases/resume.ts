import { notePhase } from '../facts/phase.ts'
import { eachChunk } from '../ledger/chunks.ts'
import type { Lease } from '../ledger/lease.ts'
import { passIdOf, passKinds } from '../ledger/passes.ts'
import { type RunRecord, readRun, runPut } from '../ledger/runs.ts'
import type { LedgerTable, Put } from '../ledger/table.ts'
import type { Clock } from '../runtime/ports.ts'

/** A put that lets the execution that takes the lease drive a run that stopped, finished or was interrupted. */
export async function resumedRun(
  { run: id, execution, fence }: Lease,
  split: boolean,
  ledger: LedgerTable,
  clock: Clock,
): Promise<Put> {
  const { run: before, version } = await readRun(ledger, id)
  const interrupted = before.state === 'running'
  // Until then it was in its last phase. The time without an execution belongs to no phase.
  const {
    reason: _,
    error: _e,
    endedAt: __,
    ...run
  } = interrupted ? notePhase(before, 'Interrupted', await lastSeen(before, ledger)) : before
  const next: RunRecord = {
    ...notePhase(run, 'Lease', clock()),
    state: 'running',
    phase: 'Lease',
    split,
    execution,
    fence,
  }
  return runPut(before, next, version)
}

/** When a run was last seen at work: at its last checkpoint, or when it entered its last phase; ms. */
async function lastSeen(run: RunRecord, ledger: LedgerTable): Promise<number> {
  let last = run.phases?.at(-1)?.at ?? run.startedAt
  for (const kind of passKinds)
    await eachChunk(ledger, run.id, passIdOf(run, kind), ({ updatedAt }) => {
      last = Math.max(last, updatedAt)
    })
  return last
}
