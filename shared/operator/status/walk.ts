import type { Walk } from '../../ledger/chunks.ts'
import type { RunRecord } from '../../ledger/runs.ts'

/** The walk that a run is in, or was in when it stopped; before, between and after the others, the copy. */
export function walkAtWork({ phase }: Pick<RunRecord, 'phase'>): Walk {
  if (phase === 'Verify') return 'verify'
  return phase === 'Orphans' ? 'orphans' : 'copy'
}
