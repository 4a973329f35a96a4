import type { OperatorEngine } from '../engine.ts'
import { noRun } from '../last-run.ts'
import { expectedItems } from './expected-items.ts'
import { type QuarantineGroup, readQuarantineGroups } from './quarantine.ts'
import { type Progress, readProgress } from './read.ts'

export interface Status {
  progress: Progress
  quarantine: QuarantineGroup[]
}

/**
 * Everything about the last run.
 * @throws OperatorError `no-run`.
 */
export async function readStatus(engine: OperatorEngine): Promise<Status> {
  const { ledger, executions, runtime, deployment } = engine
  const reading = await readProgress(
    { ledger, describe: executions.describe, clock: runtime.clock },
    deployment.destinationTable,
    { expect: expectedItems(engine) },
  )
  if (reading.kind !== 'run') throw noRun(deployment)
  const { progress } = reading
  return { progress, quarantine: await readQuarantineGroups(ledger, progress.run.id) }
}
