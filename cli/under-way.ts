import { readLease } from '../shared/ledger/lease.ts'
import { CliError } from './errors.ts'
import type { World } from './world.ts'

/**
 * For what a run would be harmed by.
 * @throws CliError `run-under-way` while an execution holds the lease or has yet to take it, or may do so.
 */
export async function refuseWhileUnderWay({ ledger, executions, deployment }: World): Promise<void> {
  const { destinationTable, flag } = deployment
  const lease = await readLease(ledger, destinationTable)
  const owner = lease?.held ? await executions.describe(lease.execution) : undefined
  if (owner?.status === 'unknown')
    throw new CliError(
      'run-under-way',
      `Step Functions does not say whether execution ${lease?.execution}, which holds ${destinationTable}, is under way. Ask again.`,
    )
  const execution = owner?.status === 'running' ? lease?.execution : await executions.running()
  if (execution !== undefined)
    throw new CliError(
      'run-under-way',
      `Execution ${execution} is under way, and a run needs its live changes. Wait until it has ended (\`segue watch${flag}\`), or stop it in the console.`,
    )
}
