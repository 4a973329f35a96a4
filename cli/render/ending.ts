import { differencesIn } from '../../shared/facts/findings.ts'
import { resumeCommand } from '../../shared/facts/resumable.ts'
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
 * What to say once a run has ended, with the command that goes on; empty while it runs.
 * @param flag names the deployment on a command line, as ` --stack Night`.
 */
export function endingOf({ run, verdict, coverage, lag }: Progress, flag: string): string[] {
  switch (verdict.kind) {
    case 'running':
      return []
    case 'finished': {
      const { read, written } = coverage.tallies
      const done = coverage.complete
        ? `${counted(read, 'item')} read, ${counted(written, 'item')} written to ${run.destination}.`
        : `what it read and wrote is no longer known, as the ledger keeps that for ${keepDays} days.`
      return [`Run ${run.id} finished: ${done}`, ...verified(verdict, lag, flag), ...lacking(verdict, lag, flag)]
    }
    case 'halted':
      return [
        `Run ${run.id} halted: ${verdict.reason}`,
        `Continue from its checkpoints with: ${resumeCommand(run)}${flag}`,
      ]
    case 'interrupted':
      return [
        `Run ${run.id} was interrupted: ${verdict.reason}. The ledger still says ${run.state}; nothing is lost.`,
        `Continue from its checkpoints with: ${resumeCommand(run)}${flag}`,
      ]
  }
}

function verified({ found, lacking: said }: Finished, lag: Lag | undefined, flag: string): string[] {
  if (!found) return [`${forgottenWords}. Verify again with: segue verify --wait${flag}`]
  const { quarantined } = found
  const differences = differencesIn(found)
  const words = foundWords({ ...found, unchecked: 0 }).join(', ')
  return [
    differences === 0
      ? 'Verified: no differences.'
      : `Verify found ${counted(differences, 'difference')}: ${words}. List with: segue diff${flag}; mend with: segue repair --wait${flag}`,
    ...(differences > 0 && !said ? onTheirWay(lag).map((words) => `${words}.`) : []),
    ...(found.unchecked > 0 ? [`${uncheckedWords(found.unchecked)}.`] : []),
    ...(quarantined > 0
      ? [`${counted(quarantined, 'item')} quarantined. List with: segue quarantine list${flag}`]
      : []),
  ]
}

function lacking(verdict: Finished, lag: Lag | undefined, flag: string): string[] {
  if (!verdict.lacking || !lag) return []
  const words = `Not up to date: ${lagWords(lag)}.`
  if (lag.guard !== 'refuse' && lag.stopped === 'code changed')
    return [`${words} If they are to end: segue capture off${flag}`]
  return [
    `${words} See what is behind the source with: segue verify --wait${flag}; mend that with: segue repair --wait${flag}`,
    `Only a new run, into an empty table, follows the source again. If live changes are to end: segue capture off${flag}`,
  ]
}
