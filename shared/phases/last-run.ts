import type { RunRequest } from '../config/options.ts'
import { readCoverage } from '../facts/coverage.ts'
import { changeKeptMs, oldestUnapplied } from '../facts/oldest-change.ts'
import { isFinished, isRepairable, wasFinished, whyExpired } from '../facts/resumable.ts'
import { readCapture } from '../ledger/capture.ts'
import { readControl } from '../ledger/control.ts'
import { isAborted } from '../ledger/fencing.ts'
import { readLag } from '../ledger/lag.ts'
import type { RunRecord } from '../ledger/runs.ts'
import type { LedgerTable } from '../ledger/table.ts'
import type { Clock } from '../runtime/ports.ts'
import { Refusal } from './refusal.ts'

/** Whether a request is about the last run instead of a new one. */
export function isAboutLastRun({ resume, only }: Partial<Pick<RunRequest, 'resume' | 'only'>>): boolean {
  return resume === true || only !== undefined
}

/**
 * The last run, if it can be resumed, verified or repaired as the request asks. Its code hash is not compared: only a
 * deployment knows its own.
 * @throws Refusal `nothing-to-verify`, `nothing-to-resume`, `told-to-stop` while an abort is under way, `changes-lost` or
 * `not-covered`.
 */
export async function continuable(
  run: RunRecord | undefined,
  { only, key }: Partial<Pick<RunRequest, 'only' | 'key'>>,
  { ledger, destination, clock }: { ledger: LedgerTable; destination: string; clock: Clock },
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
  if (only) return run
  if (key !== undefined && run.key !== key)
    throw new Refusal(
      'nothing-to-resume',
      `The last run into ${destination} is ${runWords(run)}, and not the one of key ${key}.`,
    )
  await refuseWhileAborting(run, ledger)
  await refuseIfLost(run, ledger, clock())
  // Before live changes are turned on again.
  const expired = whyExpired(run, await readCoverage(ledger, run, 'copy'))
  if (expired) throw new Refusal('not-covered', expired)
  return run
}

/** `x`, or `x of key nightly`. */
export function runWords({ id, key }: Pick<RunRecord, 'id' | 'key'>): string {
  return key === undefined ? id : `${id} of key ${key}`
}

/**
 * A pipeline begins nothing beside a run that can be continued: it would give that one up unknowingly. An aborted one is given up.
 * @throws Refusal `run-unfinished`.
 */
export function refuseOverUnfinished(run: RunRecord): void {
  if (wasFinished(run) || run.state === 'aborted') return
  const by = run.key === undefined ? '`segue resume`' : `\`segue run --key ${run.key}\``
  throw new Refusal(
    'run-unfinished',
    `Run ${runWords(run)} into ${run.destination} is unfinished (${run.because ?? run.state}). Continue it with ${by}; to give it up, abort it (\`segue abort\`), empty the table and start again.`,
  )
}

/**
 * While an aborted run may still write, neither it nor another one may begin.
 * @throws Refusal `told-to-stop`.
 */
export async function refuseWhileAborting(run: RunRecord, ledger: LedgerTable): Promise<void> {
  if (run.state === 'aborted' || !isAborted(run, await readControl(ledger, run.id))) return
  throw new Refusal(
    'told-to-stop',
    `Run ${run.id} is being aborted: something of it may still write, for some minutes. Wait until \`segue status\` says that it is aborted.`,
  )
}

/** @throws Refusal `changes-lost` where the stream has forgotten changes, or would before they are read. */
async function refuseIfLost(run: RunRecord, ledger: LedgerTable, now: number): Promise<void> {
  const lost = await whyChangesLost(run, ledger, now)
  if (lost) throw new Refusal('changes-lost', `${lost}. ${afterLoss(run.destination)}`)
}

/** What remains to do where live changes were lost. */
export const afterLoss = (destination: string) =>
  `What was lost cannot be copied again: turn live changes off (\`segue capture off\`), empty ${destination} and start without resume.`

/** Why live changes of a run were lost, or would be before they are read; a sentence without its full stop. */
export async function whyChangesLost(run: RunRecord, ledger: LedgerTable, now: number): Promise<string | undefined> {
  if (run.offline) return undefined
  const [capture, lag] = await Promise.all([readCapture(ledger, run.id), readLag(ledger, run.id)])
  const oldest = oldestUnapplied(capture, lag)
  if (oldest === undefined || now - oldest <= changeKeptMs) return undefined
  return `Live changes of run ${run.id} have not been applied since ${new Date(oldest).toISOString()}, and the stream keeps them for 24 hours`
}
