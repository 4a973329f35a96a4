import type { Runtime } from '../runtime/ports.ts'
import type { ExecutionStatus, Executions } from './ports.ts'

/** Time between the two statuses that must both say that an owner has ended. */
const secondProbeMs = 2_000

/**
 * An execution that began so long ago is no longer one that the service does not know yet, ms: it knows one within seconds.
 * A stack may have been destroyed in mid-run, and the next one with its ledger must not wait for long.
 */
export const knownByMs = 15 * 60_000

/**
 * Whether an execution that the service does not know may have just begun, and not yet counts as ended.
 * @param since when it had begun at the latest, ms since the epoch.
 */
export function mayHaveJustBegun(since: number, now: number): boolean {
  return now - since <= knownByMs
}

/**
 * The status of an execution; `ended` only by two statuses some time apart: the service is eventually consistent. One
 * that it does not know has ended only if it began over a quarter of an hour ago.
 * @param since when the execution had begun at the latest, ms since the epoch.
 */
export async function ownerStatus(
  { execution, since }: { execution: string; since: number },
  { executions, runtime }: { executions: Executions; runtime: Pick<Runtime, 'clock' | 'sleep'> },
): Promise<ExecutionStatus> {
  const probe = async (): Promise<ExecutionStatus> => {
    const status = await executions.status(execution)
    if (status !== 'absent') return status
    return mayHaveJustBegun(since, runtime.clock()) ? 'unknown' : 'ended'
  }
  const first = await probe()
  if (first !== 'ended') return first
  await runtime.sleep(secondProbeMs)
  return probe()
}
