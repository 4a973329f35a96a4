import { differencesIn } from '../../shared/facts/findings.ts'
import { resumeCommand } from '../../shared/facts/resumable.ts'
import { isAborted } from '../../shared/ledger/fencing.ts'
import { keepDays } from '../../shared/ledger/keys.ts'
import type { Lag } from '../../shared/ledger/lag.ts'
import { forgottenWords } from '../../shared/operator/diff.ts'
import { foundWords } from '../../shared/operator/status/format.ts'
import { lagWords, onTheirWay } from '../../shared/operator/status/lag.ts'
import type { Progress } from '../../shared/operator/status/read.ts'
import type { Verdict } from '../../shared/operator/status/verdict.ts'
import { counted } from '../../shared/runtime/text.ts'
import { uncheckedWords } from './diff.ts'

type Finished = Extract<Verdict, { kind: 'finished' }>

/**
 * Says how a run ended, with the command to use next; empty while it runs.
 * @param flag names the deployment on a command line, as ` --stack Night`.
 */
export function endingOf(progress: Progress, flag: string): string[] {
  const { run, verdict, coverage, lag } = progress
  switch (verdict.kind) {
    case 'running':
      return []
    case 'finished': {
      const { read, written } = coverage.tallies
      const done = coverage.complete
        ? `${counted(read, 'item')} read, ${counted(written, 'item')} written to ${run.destination}.`
        : `its counts are no longer known, since the ledger keeps them for ${keepDays} days.`
      return [`Run ${run.id} finished: ${done}`, ...verified(verdict, lag, flag), ...notUpToDate(verdict, lag, flag)]
    }
    case 'paused':
    case 'halted':
    case 'aborted':
      return [
        `Run ${run.id} ${verdict.kind === 'halted' ? 'halted' : `was ${verdict.kind}`}: ${verdict.reason}`,
        liveMeanwhile(progress),
        `Continue from its checkpoints with: ${resumeCommand(run)}${flag}`,
      ]
    case 'interrupted':
      return [
        `Run ${run.id} was interrupted: ${verdict.reason}. Nothing is lost.`,
        liveMeanwhile(progress),
        `Continue from its checkpoints with: ${resumeCommand(run)}${flag}`,
      ]
  }
}

/** What becomes of live changes while a run has stopped. */
function liveMeanwhile({ run, control, capture, lag }: Progress): string {
  if (run.offline) return 'Live changes are not captured: the run is offline.'
  if (!capture) return 'Live changes are not captured yet.'
  if (capture.off !== undefined)
    return `Live changes are off since ${new Date(capture.off).toISOString()}: a resume within 23 hours of that loses none.`
  if (isAborted(run, control)) return 'Live changes are refused, and come again: a resume within 23 hours loses none.'
  if (lag && (lag.stopped !== undefined || lag.guard !== 'ok')) return `When last checked: ${lagWords(lag)}.`
  return 'Live changes continue to be applied.'
}

function verified({ found, lacksChanges }: Finished, lag: Lag | undefined, flag: string): string[] {
  if (!found) return [`${forgottenWords}. Verify again with: segue verify --wait${flag}`]
  const { quarantined } = found
  const differences = differencesIn(found)
  const words = foundWords({ ...found, unchecked: 0 }).join(', ')
  return [
    differences === 0
      ? 'Verified: no differences.'
      : `Verify found ${counted(differences, 'difference')}: ${words}. List with: segue diff${flag}; mend with: segue repair --wait${flag}`,
    ...(differences > 0 && !lacksChanges ? onTheirWay(lag).map((words) => `${words}.`) : []),
    ...(found.unchecked > 0 ? [`${uncheckedWords(found.unchecked)}.`] : []),
    ...(quarantined > 0
      ? [`${counted(quarantined, 'item')} quarantined. List with: segue quarantine list${flag}`]
      : []),
  ]
}

function notUpToDate(verdict: Finished, lag: Lag | undefined, flag: string): string[] {
  if (!verdict.lacksChanges || !lag) return []
  const words = `Not up to date: ${lagWords(lag)}.`
  if (lag.guard !== 'refuse' && lag.stopped === 'code changed')
    return [`${words} To turn live changes off: segue capture off${flag}`]
  return [
    `${words} Find the differences with: segue verify --wait${flag}; mend them with: segue repair --wait${flag}`,
    `Only a new run, into an empty table, applies live changes again. To turn them off: segue capture off${flag}`,
  ]
}
