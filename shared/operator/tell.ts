import { type Command, readControl, writeControl } from '../ledger/control.ts'
import { readLease } from '../ledger/lease.ts'
import type { OperatorEngine } from './engine.ts'

/**
 * Tells the run that holds the lease to pause, continue or abort, by compare and set.
 * @param onlyFence tells it only while the run still has this fence, so that a continue reaches only the run that was paused.
 * @returns the run that was told, and its fence; nothing if no run holds the lease, or somebody else told it first.
 */
export async function tellRun(
  { ledger, deployment }: Pick<OperatorEngine, 'ledger' | 'deployment'>,
  command: Command,
  onlyFence?: number,
): Promise<{ run: string; fence: number } | undefined> {
  const lease = await readLease(ledger, deployment.destinationTable)
  if (!lease?.held) return undefined
  const control = await readControl(ledger, lease.run)
  if (control.fence === 0 || control.fence !== (onlyFence ?? lease.fence)) return undefined
  if (!(await writeControl(ledger, lease.run, control, { ...control, command }))) return undefined
  return { run: lease.run, fence: control.fence }
}
