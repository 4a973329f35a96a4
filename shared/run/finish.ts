import { readApplied, writeApplied } from '../ledger/applied.ts'
import { listChunks } from '../ledger/chunks.ts'
import { readControl } from '../ledger/control.ts'
import { getRun, type RunRecord, updateRun } from '../ledger/runs.ts'
import type { LedgerTable } from '../ledger/table.ts'
import { openTallies } from '../ledger/tallies.ts'
import type { Runtime } from '../runtime/ports.ts'
import { type Coverage, coverageOf } from './coverage.ts'
import { releaseLease } from './lease.ts'

export type Finished =
  | { outcome: 'finished'; quarantined: number }
  | { outcome: 'halted'; error: string; cause: string }

/** After a slice's hard deadline, how long until its last request has surely been answered. */
const graceMs = 60_000

/**
 * Decides from the ledger how the run ended: finished when the tree of chunks covers the table and the tallies close,
 * halted and resumable otherwise. Asking again gives the same answer.
 */
export async function finishRun(
  task: { run: string; fence: number },
  { ledger, runtime }: { ledger: LedgerTable; runtime: Runtime },
): Promise<Finished> {
  const run = await getRun(ledger, task.run)
  const control = await readControl(ledger, run.id)
  if (control.fence !== task.fence)
    return { outcome: 'halted', error: 'fenced', cause: `Run ${run.id} has a newer owner; this execution ends here.` }
  const coverage = coverageOf(await listChunks(ledger, run.id, 'copy'), run.segments)
  if (run.state === 'finished') return { outcome: 'finished', quarantined: coverage.tallies.quarantined }
  const halted = whyHalted(run, coverage, control.command)
  if (halted) return haltRun({ ...task, ...halted }, { ledger, runtime })
  const applied = await readApplied(ledger, run.source)
  await writeApplied(ledger, run.destination, [...applied, ...run.pending], run.id)
  const endedAt = runtime.clock()
  await updateRun(ledger, run.id, (before) => ({ ...before, state: 'finished', phase: 'Finished', endedAt }))
  await releaseLease(ledger, run.destination, task.fence, coverage.lastDeadline + graceMs)
  runtime.emit({ code: 'run.phase', run: run.id, phase: 'Finished' })
  return { outcome: 'finished', quarantined: coverage.tallies.quarantined }
}

/** Records that a run cannot go on by itself, keeps everything resumable, and gives the lease back. */
export async function haltRun(
  task: { run: string; fence: number; error: string; cause: string },
  { ledger, runtime }: { ledger: LedgerTable; runtime: Runtime },
): Promise<Finished> {
  const { error, cause } = task
  const run = await getRun(ledger, task.run)
  const control = await readControl(ledger, run.id)
  if (control.fence === task.fence && run.state === 'running') {
    const endedAt = runtime.clock()
    await updateRun(ledger, run.id, (before) =>
      before.state === 'running' ? { ...before, state: 'halted', reason: cause, endedAt } : before,
    )
    const { lastDeadline } = coverageOf(await listChunks(ledger, run.id, 'copy'), run.segments)
    await releaseLease(ledger, run.destination, task.fence, lastDeadline + graceMs)
    runtime.emit({ code: 'run.phase', run: run.id, phase: 'Halted' })
  }
  return { outcome: 'halted', error, cause }
}

function whyHalted(run: RunRecord, coverage: Coverage, command: string) {
  const halted = (error: string, cause: string) => ({ error, cause })
  if (command === 'abort')
    return halted('aborted', `Run ${run.id} was aborted. \`segue run --resume\` goes on from its checkpoints.`)
  const [failed] = coverage.failed
  if (failed)
    return halted(
      'chunks-failed',
      `${coverage.failed.length} chunks failed, the first is ${failed.id}: ${failed.reason}. Mend the cause, then \`segue run --resume\`.`,
    )
  if (coverage.missing.length > 0)
    return halted(
      'not-covered',
      `${coverage.missing.length} chunks have no row, the first is ${coverage.missing[0]}. This is a defect: please report it.`,
    )
  if (coverage.open > 0)
    return halted(
      'chunks-open',
      `${coverage.open} chunks stopped before their end, as after a change of the code. \`segue run --resume\` goes on from their checkpoints.`,
    )
  const [sum] = openTallies(coverage.tallies)
  if (sum) return halted('tallies-open', `The tallies do not close: ${sum}. This is a defect: please report it.`)
  return undefined
}
