import { readLease } from '../ledger/lease.ts'
import type { OperatorEngine, UnderWay } from './engine.ts'
import { OperatorError } from './errors.ts'
import { viewOfOwner } from './status/verdict.ts'

type Where = Pick<OperatorEngine, 'ledger' | 'executions' | 'deployment' | 'runtime'>

/**
 * The execution that holds the lease, unless it has ended: a newer one will be refused. Otherwise the newest one under way,
 * which has yet to take the lease.
 */
export async function underWay({ ledger, executions, deployment, runtime }: Where): Promise<UnderWay> {
  const lease = await readLease(ledger, deployment.destinationTable)
  const owner = lease?.held
    ? viewOfOwner(await executions.describe(lease.execution), lease.since, runtime.clock())
    : undefined
  if (lease && owner && owner.status !== 'ended')
    return { kind: owner.status === 'running' ? 'yes' : 'unknown', execution: lease.execution }
  return executions.running()
}

/**
 * For commands that would harm a run.
 * @throws OperatorError `run-under-way` while an execution holds the lease or has yet to take it, or may do so.
 */
export async function refuseWhileUnderWay(engine: Where): Promise<void> {
  const found = await underWay(engine)
  const { destinationTable, flag } = engine.deployment
  switch (found.kind) {
    case 'no':
      return
    case 'yes':
      throw new OperatorError(
        'run-under-way',
        `Execution ${found.execution} is under way, and a run needs its live changes. Wait until it has ended (\`segue watch${flag}\`), or stop it in the console.`,
      )
    case 'unknown':
      throw new OperatorError(
        'run-under-way',
        `Step Functions does not say, so it is not known whether ${found.execution === undefined ? 'an execution' : `execution ${found.execution}, which holds ${destinationTable},`} is under way. Try again.`,
      )
  }
}
