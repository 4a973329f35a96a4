import { type Coverage, coverageOf, quietAfter } from '../facts/coverage.ts'
import { whyExpired } from '../facts/expired.ts'
import { resumeCommand } from '../facts/finished.ts'
import { notePhase } from '../facts/phase.ts'
import { listChunks, type Walk } from '../ledger/chunks.ts'
import { readControl } from '../ledger/control.ts'
import { releaseLease } from '../ledger/lease.ts'
import { getRun, type RunRecord, updateRun } from '../ledger/runs.ts'
import type { LedgerTable } from '../ledger/table.ts'
import { openTallies } from '../ledger/tallies.ts'
import type { Runtime } from '../runtime/ports.ts'
import { sentence } from '../runtime/text.ts'

/** A run that cannot go on by itself: `error` and `cause` become those of the failed execution. */
export interface Halted {
  outcome: 'halted'
  error: string
  cause: string
}

/** Records that a run cannot go on by itself, keeps everything resumable, and gives the lease back. */
export async function haltRun(
  task: { run: string; fence: number; error: string; cause: string },
  { ledger, runtime }: { ledger: LedgerTable; runtime: Runtime },
): Promise<Halted> {
  const { error, cause } = task
  const run = await getRun(ledger, task.run)
  const control = await readControl(ledger, run.id)
  if (control.fence === task.fence && run.state === 'running') {
    const endedAt = runtime.clock()
    await updateRun(ledger, run.id, (before) =>
      before.state === 'running'
        ? { ...notePhase(before, 'Halted', endedAt), state: 'halted', reason: cause, endedAt }
        : before,
    )
    const coverage = coverageOf(await listChunks(ledger, run.id, 'copy'), run.segments)
    await releaseLease(ledger, run.destination, task.fence, quietAfter(coverage))
    runtime.emit({ code: 'run.phase', run: run.id, phase: 'Halted' })
  }
  return { outcome: 'halted', error, cause }
}

/** Why a walk does not let the run go on; nothing when every chunk is done and the sums close. */
export function whyHalted(
  run: RunRecord,
  walk: Walk,
  coverage: Coverage,
  command: string,
): { error: string; cause: string } | undefined {
  const halted = (error: string, cause: string) => ({ error, cause })
  const goOn = resumeCommand(run)
  const resume = `\`${goOn}\` continues from the checkpoints.`
  if (command === 'abort') return halted('aborted', `Run ${run.id} was aborted. ${resume}`)
  const { failed, missing, open, tallies } = coverage
  if (failed[0])
    return halted(
      'chunks-failed',
      `${failed.length} chunks of ${walk} failed, the first is ${failed[0].id}: ${sentence(failed[0].reason ?? 'no reason was recorded')}. Mend the cause, then \`${goOn}\`.`,
    )
  const expired = walk === 'copy' ? whyExpired(run, coverage) : undefined
  if (expired) return halted('not-covered', expired)
  if (missing.length > 0)
    return halted(
      'not-covered',
      `${missing.length} chunks of ${walk} have no row, the first is ${missing[0]}. \`${goOn}\` plans them again.`,
    )
  if (open > 0)
    return halted(
      'chunks-open',
      `${open} chunks of ${walk} stopped before their end, as after a change of the code. ${resume}`,
    )
  const [sum] = walk === 'orphans' ? [] : openTallies(tallies)
  if (sum)
    return halted('tallies-open', `The tallies of ${walk} do not close: ${sum}. This is a defect: please report it.`)
  return undefined
}
