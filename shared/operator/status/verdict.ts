import type { Found } from '../../facts/findings.ts'
import type { RunRecord } from '../../ledger/runs.ts'
import type { ExecutionStatus } from '../../phases/ports.ts'
import { sentence } from '../../runtime/text.ts'

/** An execution as Step Functions describes it; `error` and `cause` are those of one that failed. */
export interface ExecutionView {
  status: ExecutionStatus
  /** Step Functions' own word once it has ended; `FORGOTTEN` 90 days later, and for a moment before it is known. */
  ended?: 'SUCCEEDED' | 'FAILED' | 'ABORTED' | 'TIMED_OUT' | 'FORGOTTEN'
  error?: string
  cause?: string
}

/** How a run stands, for whoever must decide what to do next. */
export type Verdict =
  | { kind: 'running' }
  /**
   * Walked to the end; `endingOf` what was found says whether anybody may rely on it. Nothing is known of that once rows of
   * the verification have expired.
   */
  | {
      kind: 'finished'
      found: Found | undefined
      /** Its destination lacks live changes, whatever was found: see `lacksChanges`. */
      lacking: boolean
    }
  /** Nothing runs any more; everything resumable. */
  | { kind: 'halted'; reason: string }
  /** The execution ended without telling the ledger, as when it is stopped from the console; resumable. */
  | { kind: 'interrupted'; reason: string }

/**
 * @param execution must have been asked before `run` was read: then an execution that had ended while the ledger still
 *   says `running` was interrupted, and is not merely ending.
 * @param found by the last verification, with the quarantine list as it is now; looked at only where the run has finished.
 *   Nothing where it is not known.
 * @param lacking whether the destination lacks live changes by now.
 */
export function verdictOf(
  run: RunRecord,
  execution: ExecutionView,
  found: Found | undefined,
  lacking: boolean,
): Verdict {
  switch (run.state) {
    case 'finished':
      return { kind: 'finished', found, lacking }
    case 'halted':
      return { kind: 'halted', reason: sentence(run.reason ?? 'no reason was recorded') }
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
