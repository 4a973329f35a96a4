import type { RunRequest } from '../config/options.ts'
import { passesOf } from '../facts/passes-of.ts'
import { notePhase } from '../facts/phase.ts'
import { eachChunk } from '../ledger/chunks.ts'
import type { Lease } from '../ledger/lease.ts'
import { passIdOf } from '../ledger/passes.ts'
import { type RunRecord, readRun, runPut } from '../ledger/runs.ts'
import type { LedgerTable, Put } from '../ledger/table.ts'
import type { Clock } from '../runtime/ports.ts'

/**
 * A put that lets the execution that takes the lease drive a run that has stopped, or do something to one that has
 * finished, in place of whatever was begun before.
 */
export async function resumedRun(
  { run: id, execution, fence }: Lease,
  { split, only, index, concurrency }: Pick<RunRequest, 'split' | 'only'> & { index: boolean; concurrency?: number },
  ledger: LedgerTable,
  clock: Clock,
): Promise<Put> {
  const { run: before, version } = await readRun(ledger, id)
  const interrupted = (before.task ?? before).state === 'running'
  // Until then it was in its last phase. The time without an execution belongs to no phase.
  const noted = interrupted ? notePhase(before, 'Interrupted', await lastSeen(before, ledger)) : before
  const {
    reason: _,
    error: _e,
    endedAt: _a,
    because: _b,
    task: _t,
    index: begun,
    concurrency: _c,
    ...run
  } = notePhase(noted, 'Lease', clock())
  const work = only ? { task: { kind: only, state: 'running' as const } } : { state: 'running' as const }
  // A whole run ends by the indices it has begun to build, unless the deployment builds none any more.
  const kept = begun && (index || only) ? { index: begun } : {}
  const next: RunRecord = {
    ...run,
    ...work,
    ...kept,
    ...(concurrency && { concurrency }),
    phase: 'Lease',
    split,
    execution,
    fence,
    budgetFence: fence,
  }
  return runPut(before, next, version)
}

/** When a run was last seen at work: at its last checkpoint, or when it entered its last phase; ms. */
async function lastSeen(run: RunRecord, ledger: LedgerTable): Promise<number> {
  let last = run.phases?.at(-1)?.at ?? run.startedAt
  for (const kind of passesOf(run))
    await eachChunk(ledger, run.id, passIdOf(run, kind), ({ updatedAt }) => {
      last = Math.max(last, updatedAt)
    })
  return last
}
