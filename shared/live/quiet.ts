import { quietAfter, readCoverage } from '../facts/coverage.ts'
import { compareAndSet } from '../ledger/compare-and-set.ts'
import { commandAt, readControl, writeControl } from '../ledger/control.ts'
import { readLease } from '../ledger/lease.ts'
import { getRun } from '../ledger/runs.ts'
import type { LedgerTable } from '../ledger/table.ts'
import type { Runtime } from '../runtime/ports.ts'
import { LiveError } from './errors.ts'

export type QuietOutcome =
  | { outcome: 'quiet'; quiet: string }
  | { outcome: 'waiting'; seconds: number; reason: string }
  | { outcome: 'stopped'; reason: 'fenced' | 'aborted' | 'paused' }

/**
 * The first step of settle: records in the control row that no write of copy can land, once that is so. From then on
 * appliers settle in place the keys that they contest. A repeated call during quiet returns the same period.
 * @throws LiveError `copy-open` when copy has not ended: the state machine prevents this, so waiting would not help.
 */
export async function beginQuiet(
  task: { run: string; fence: number },
  { ledger, runtime }: { ledger: LedgerTable; runtime: Pick<Runtime, 'clock'> },
): Promise<QuietOutcome> {
  const run = await getRun(ledger, task.run)
  return compareAndSet<QuietOutcome>(`The control row of run ${run.id}`, async () => {
    const control = await readControl(ledger, run.id)
    if (control.fence !== task.fence) return { done: { outcome: 'stopped', reason: 'fenced' } }
    if (control.command === 'abort') return { done: { outcome: 'stopped', reason: 'aborted' } }
    if (commandAt(control, runtime.clock()) === 'pause') return { done: { outcome: 'stopped', reason: 'paused' } }
    if (control.quiet !== undefined) return { done: { outcome: 'quiet', quiet: control.quiet } }
    const coverage = await readCoverage(ledger, run, 'copy')
    if (!coverage.complete)
      throw new LiveError(
        'copy-open',
        `Run ${run.id} cannot settle: chunks of its copy are not done (${coverage.open} open, ${coverage.failed.length} failed). Finish copy first.`,
      )
    const inherited = (await readLease(ledger, run.destination))?.quietAfter ?? 0
    const after = Math.max(quietAfter(coverage) ?? 0, inherited)
    const leftMs = after - runtime.clock()
    if (after > 0 && leftMs >= 0)
      return {
        done: {
          outcome: 'waiting',
          seconds: Math.floor(leftMs / 1000) + 1,
          reason: 'an earlier slice may still be writing',
        },
      }
    const quiet = `${task.fence}.${runtime.clock()}`
    const written = await writeControl(ledger, run.id, control, { ...control, quiet })
    return written ? { done: { outcome: 'quiet', quiet } } : undefined
  })
}
