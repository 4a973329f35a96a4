import { counted } from '../../shared/progress/format.ts'
import type { Progress } from '../../shared/progress/read.ts'

/**
 * What to say once a run has ended, with the command that goes on; empty while it runs.
 * @param flag names the deployment on a command line, as ` --stack Night`.
 */
export function endingOf({ run, verdict, coverage }: Progress, flag: string): string[] {
  switch (verdict.kind) {
    case 'running':
      return []
    case 'finished': {
      const { read, written } = coverage.tallies
      const done = `Run ${run.id} finished: ${counted(read, 'item')} read, ${counted(written, 'item')} written to ${run.destination}.`
      if (verdict.quarantined === 0) return [done]
      return [done, `${counted(verdict.quarantined, 'item')} quarantined. List with: segue quarantine list${flag}`]
    }
    case 'halted':
      return [`Run ${run.id} halted: ${verdict.reason}`, `Go on from its checkpoints with: segue run --resume${flag}`]
    case 'interrupted':
      return [
        `Run ${run.id} was interrupted: ${verdict.reason}. The ledger still says ${run.state}; nothing is lost.`,
        `Go on from its checkpoints with: segue run --resume${flag}`,
      ]
  }
}
