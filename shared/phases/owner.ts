import type { Runtime } from '../runtime/ports.ts'
import type { ExecutionStatus, Executions } from './ports.ts'

/** Time between the two statuses that must both say that an owner has ended. */
const secondProbeMs = 2_000

/** The status of an execution; `ended` only by two statuses some time apart: the service is eventually consistent. */
export async function ownerStatus(
  execution: string,
  { executions, runtime }: { executions: Executions; runtime: Pick<Runtime, 'sleep'> },
): Promise<ExecutionStatus> {
  const first = await executions.status(execution)
  if (first !== 'ended') return first
  await runtime.sleep(secondProbeMs)
  return executions.status(execution)
}
