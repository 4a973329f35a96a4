import { compareAndSet } from './compare-and-set.ts'
import { type Control, controlPut, readControl, withoutTime } from './control.ts'
import { isDriving } from './fencing.ts'
import { type Lease, leasePut, readLease } from './lease.ts'
import { type RunRecord, readRun, runPut } from './runs.ts'
import type { LedgerTable, Put } from './table.ts'

/**
 * Lets an execution drive a run: the lease, the run and its control row change in one transaction, so that no crash
 * leaves a run that is running and belongs to nobody. An operator's command stays as it is.
 * @param before the lease that was read.
 * @param run the new run, or the one that was read and what becomes of it.
 * @param read its control row, where what becomes of the run was decided by it.
 * @param control what else its control row gets. A time to pause at is that of this execution, or none.
 * @param also what must hold in the same instant.
 * @returns `false`, with nothing written, if another writer was first.
 */
export async function beginOwner(
  ledger: LedgerTable,
  before: Lease | undefined,
  lease: Lease,
  run: Put,
  { read, control: change, also = [] }: { read?: Control; control?: Partial<Control>; also?: Put[] } = {},
): Promise<boolean> {
  const control = read ?? (await readControl(ledger, lease.run))
  const next = { ...withoutTime(control), ...change, fence: lease.fence }
  return ledger.commit([leasePut(before, lease), run, controlPut(lease.run, control, next), ...also])
}

/**
 * Ends the execution that drives a run: changes the run, gives the lease back and raises the fence, in one transaction.
 * Whatever still works for that execution, or is delivered or redriven later, is fenced by it for good, although no
 * other execution has begun. Live changes are not: they compare the fence of the control row with that of the lease.
 * @param change what becomes of the run. Its `fence` stays, and tells who drove it last.
 * @param quietAfter no write of this owner can land after this time, ms since the epoch.
 * @param also what changes with the run. Called anew when another writer was first.
 * @returns the run; `undefined` if the task does not belong to the execution that drives it. Nothing is written then.
 */
export function endOwner(
  ledger: LedgerTable,
  task: { run: string; fence: number },
  change: (run: RunRecord) => RunRecord,
  quietAfter?: number,
  also: (run: RunRecord) => Promise<Put[]> = async () => [],
): Promise<RunRecord | undefined> {
  return compareAndSet<RunRecord | undefined>(`The owner of run ${task.run}`, async () => {
    const [{ run, version }, control] = await Promise.all([readRun(ledger, task.run), readControl(ledger, task.run)])
    if (!isDriving(task, run) || control.fence !== task.fence) return { done: undefined }
    const lease = await readLease(ledger, run.destination)
    if (lease && lease.fence > task.fence) return { done: undefined }
    const ended = change(run)
    const fence = task.fence + 1
    const owned = [runPut(run, ended, version), controlPut(run.id, control, { ...withoutTime(control), fence })]
    const puts = [...owned, ...(await also(run))]
    if (lease) puts.push(leasePut(lease, freed(lease, fence, quietAfter)))
    return (await ledger.commit(puts)) ? { done: ended } : undefined
  })
}

/**
 * Ends whoever drives a run, or still holds its lease, from outside: gives the lease back and raises the fence, in one
 * transaction with what becomes of the run. Only for who has seen that nobody may be at work any more.
 * @param decide what becomes of the run, by its rows as they are now; `undefined` to change nothing. Called anew when
 * another writer was first.
 * @returns the run; `undefined` if nothing was changed, or if it is not the last run into its destination.
 */
export function endFromOutside(
  ledger: LedgerTable,
  id: string,
  decide: (now: { run: RunRecord; control: Control; lease: Lease }) => RunRecord | undefined,
): Promise<RunRecord | undefined> {
  return compareAndSet<RunRecord | undefined>(`The owner of run ${id}`, async () => {
    const [{ run, version }, control] = await Promise.all([readRun(ledger, id), readControl(ledger, id)])
    const lease = await readLease(ledger, run.destination)
    if (lease?.run !== id) return { done: undefined }
    const next = decide({ run, control, lease })
    if (!next) return { done: undefined }
    const fence = Math.max(control.fence, lease.fence) + 1
    const puts = [
      runPut(run, next, version),
      controlPut(id, control, { ...withoutTime(control), fence }),
      leasePut(lease, freed(lease, fence, undefined)),
    ]
    return (await ledger.commit(puts)) ? { done: next } : undefined
  })
}

function freed(lease: Lease, fence: number, quietAfter: number | undefined): Lease {
  const free: Lease = { ...lease, held: false, fence }
  if (quietAfter !== undefined) free.quietAfter = Math.max(quietAfter, lease.quietAfter ?? 0)
  return free
}
