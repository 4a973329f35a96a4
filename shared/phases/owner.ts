import type { Runtime } from '../runtime/ports.ts'
import type { ExecutionStatus, Executions } from './ports.ts'

/** Time between the two statuses that must both say that an owner has ended. */
const secondProbeMs = 2_000

/** An execution that has run for so long is no longer one that the service does not know yet. */
const knownByMs = 24 * 3_600_000

/**
 * The status of an execution; `ended` only by two statuses some time apart: the service is eventually consistent. One
 * that it does not know has ended only if it began over a day ago.
 * @param since when the execution had begun at the latest, ms since the epoch.
 */
export async function ownerStatus(
  { execution, since }: { execution: string; since: number },
  { executions, runtime }: { executions: Executions; runtime: Pick<Runtime, 'clock' | 'sleep'> },
): Promise<ExecutionStatus> {
  const probe = async (): Promise<ExecutionStatus> => {
    const status = await executions.status(execution)
    if (status !== 'absent') return status
    return runtime.clock() - since > knownByMs ? 'ended' : 'unknown'
  }
  const first = await probe()
  if (first !== 'ended') return first
  await runtime.sleep(secondProbeMs)
  return probe()
}
