import type { RunRequest } from '../config/options.ts'
import { readCoverage } from '../facts/coverage.ts'
import { isFinished, isRepairable, wasFinished, whyExpired } from '../facts/resumable.ts'
import type { RunRecord } from '../ledger/runs.ts'
import type { LedgerTable } from '../ledger/table.ts'
import { Refusal } from './refusal.ts'

/** Whether a request is about the last run instead of a new one. */
export function isAboutLastRun({ resume, only }: Partial<Pick<RunRequest, 'resume' | 'only'>>): boolean {
  return resume === true || only !== undefined
}

/**
 * The last run, if it can be resumed, verified or repaired as the request asks. Its code hash is not compared: only a
 * deployment knows its own.
 * @throws Refusal `nothing-to-verify`, `nothing-to-resume` or `not-covered`.
 */
export async function continuable(
  run: RunRecord | undefined,
  { only }: Partial<Pick<RunRequest, 'only'>>,
  { ledger, destination }: { ledger: LedgerTable; destination: string },
): Promise<RunRecord> {
  if (only && !(run && wasFinished(run)))
    throw new Refusal(
      'nothing-to-verify',
      `There is no finished run into ${destination} to ${only}. Finish one first; \`segue status\` shows where the last one stands.`,
    )
  if (run && only === 'repair' && !isRepairable(run))
    throw new Refusal(
      'nothing-to-verify',
      `The verification of run ${run.id} has not ended, so what to repair is not known. Run \`segue verify\` first.`,
    )
  if (!run || (isFinished(run) && !only))
    throw new Refusal('nothing-to-resume', `There is no unfinished run into ${destination}. Start one without resume.`)
  if (wasFinished(run) && !only)
    throw new Refusal(
      'nothing-to-resume',
      `Run ${run.id} has finished before, and its destination may be in use, so it is not copied again. \`segue verify\` verifies it again.`,
    )
  // Before live changes are turned on again.
  const expired = !only && whyExpired(run, await readCoverage(ledger, run, 'copy'))
  if (expired) throw new Refusal('not-covered', expired)
  return run
}
