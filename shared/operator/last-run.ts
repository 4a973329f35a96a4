import { LedgerError } from '../ledger/errors.ts'
import { readLease } from '../ledger/lease.ts'
import { getRun, type RunRecord } from '../ledger/runs.ts'
import type { LedgerTable } from '../ledger/table.ts'
import type { OperatorEngine } from './engine.ts'
import { OperatorError } from './errors.ts'

type Where = Pick<OperatorEngine, 'ledger' | 'deployment'>

/**
 * Id of the last run into the destination.
 * @throws OperatorError `no-run` if there never was one.
 */
export async function lastRun({ ledger, deployment }: Where): Promise<string> {
  const lease = await readLease(ledger, deployment.destinationTable)
  if (!lease) throw noRun(deployment)
  return lease.run
}

/** The last run into a table; absent if there never was one, or its row is not written yet. */
export async function findLastRun(ledger: LedgerTable, destination: string): Promise<RunRecord | undefined> {
  const lease = await readLease(ledger, destination)
  if (!lease) return undefined
  try {
    return await getRun(ledger, lease.run)
  } catch (error) {
    // The lease is written a moment before the run it names.
    if (LedgerError.is(error) && error.code === 'row-missing') return undefined
    throw error
  }
}

/** There was never a run into the destination. */
export function noRun({ destinationTable, flag }: Where['deployment']): OperatorError {
  return new OperatorError('no-run', `There was never a run into ${destinationTable}. Start one with: segue run${flag}`)
}
