import { runPk } from './keys.ts'
import type { Phase } from './passes.ts'
import type { LedgerTable, Row } from './table.ts'

/** The last sign of life of whatever drives a run between its passes; slices touch the rows of their chunks instead. */
export interface Beat {
  phase: Phase
  /** Number of the lease under which it works: a late delivery of an earlier execution is no sign of life. */
  fence: number
  /** Ms since the epoch, like `until`. */
  at: number
  /** It waits on purpose, until then. */
  until?: number
  /** What for. */
  why?: string
}

export async function readBeat(ledger: LedgerTable, run: string): Promise<Beat | undefined> {
  const row = await ledger.get(runPk(run), 'BEAT')
  if (!row) return undefined
  const { pk: _pk, sk: _sk, ...beat } = row
  return beat as unknown as Beat
}

/** No condition is needed: whoever beats last is alive. */
export async function writeBeat(ledger: LedgerTable, run: string, beat: Beat): Promise<void> {
  const row: Row = { pk: runPk(run), sk: 'BEAT', ...beat }
  await ledger.commit([{ row, expect: 'any' }])
}
