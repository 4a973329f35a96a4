import type { Found } from '../../facts/findings.ts'
import type { RunRecord } from '../../ledger/runs.ts'
import { mayHaveJustBegun } from '../../phases/owner.ts'
import type { ExecutionStatus } from '../../phases/ports.ts'
import { sentence } from '../../runtime/text.ts'

/** An execution as Step Functions describes it; `error` and `cause` are those of one that failed. */
export interface ExecutionView {
  status: ExecutionStatus
  /** The status of Step Functions once it has ended; `FORGOTTEN` after 90 days, once its machine is gone, and for a moment after the start. */
  ended?: 'SUCCEEDED' | 'FAILED' | 'ABORTED' | 'TIMED_OUT' | 'FORGOTTEN'
  error?: string
  cause?: string
}

/**
 * The execution that owns a lease, as every command takes it: one that Step Functions does not know may have just begun.
 * @param since when it took the lease, ms since the epoch.
 */
export function viewOfOwner(view: ExecutionView, since: number, now: number): ExecutionView {
  return view.ended === 'FORGOTTEN' && mayHaveJustBegun(since, now) ? { status: 'unknown' } : view
}

/** The state of a run, for the decision what to do next. */
export type Verdict =
  | { kind: 'running' }
  /**
   * Every pass has ended; `endingOf(found)` says whether the result can be relied on. `found` is absent once the rows of the
   * verification have expired.
   */
  | {
      kind: 'finished'
      found: Found | undefined
      /** Whether live changes were lost or are not applied, whatever verify found; see `lacksChanges` of `live/`. */
      lacksChanges: boolean
    }
  /** The run has stopped; it can be resumed. */
  | { kind: 'paused' | 'halted' | 'aborted'; reason: string }
  /** The execution ended without recording it, for example when stopped from the console; the run can be resumed. */
  | { kind: 'interrupted'; reason: string }

/**
 * @param execution must be read before `run`: then an ended execution of a run that the ledger still calls `running` was
 *   interrupted, and is not merely ending.
 * @param found the result of the last verification, with the quarantine list as it is now; used only for a finished run.
 *   Absent if not known.
 * @param lacksChanges whether live changes were lost or are not applied.
 */
export function verdictOf(
  run: RunRecord,
  execution: ExecutionView,
  found: Found | undefined,
  lacksChanges: boolean,
): Verdict {
  const { state, because } = run.task ?? run
  const reason = sentence(run.reason ?? 'no reason was recorded')
  switch (state) {
    case 'finished':
      return { kind: 'finished', found, lacksChanges }
    case 'stopped':
      return { kind: because ?? 'halted', reason }
    case 'aborted':
      return { kind: 'aborted', reason }
    case 'running':
      if (execution.status !== 'ended') return { kind: 'running' }
      return { kind: 'interrupted', reason: howItEnded(execution) }
  }
}

function howItEnded({ ended, error, cause }: ExecutionView): string {
  const detail = [error, cause && sentence(cause)].filter(Boolean).join(': ')
  switch (ended) {
    case 'ABORTED':
      return `its execution was stopped from outside (ABORTED${detail ? `, ${detail}` : ''})`
    case 'TIMED_OUT':
      return 'its execution timed out'
    case 'FORGOTTEN':
      return 'Step Functions no longer knows its execution'
    default:
      return `its execution ended (${ended ?? 'ENDED'}${detail ? `, ${detail}` : ''}) without recording it`
  }
}
