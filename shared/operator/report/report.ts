import type { OperatorEngine } from '../engine.ts'
import { lastRun } from '../last-run.ts'
import { buildReport } from './build.ts'
import type { Report } from './content.ts'

/**
 * Reports the last run.
 * @throws OperatorError `no-run`.
 */
export async function reportLastRun(engine: Pick<OperatorEngine, 'ledger' | 'deployment'>): Promise<Report> {
  return buildReport(engine.ledger, await lastRun(engine))
}
