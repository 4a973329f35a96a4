import { runPk } from './keys.ts'
import type { LedgerTable } from './table.ts'

/**
 * What to do about the age of the oldest unapplied change: nothing; warn; slow the copy (it shares the destination's
 * capacity with live changes); or refuse the cutover, because the stream has trimmed changes unread.
 */
export type LagGuard = 'ok' | 'warn' | 'slow' | 'refuse'

/** How far behind live changes were when they were last measured. */
export interface Lag {
  /**
   * Age of the oldest unapplied change, seconds; 0 when all are applied. If live changes are not applied at all, the
   * age is at most this.
   */
  seconds: number
  guard: LagGuard
  /** Milliseconds since the epoch. */
  at: number
  /** Why live changes are not applied at all. */
  stopped?: 'aborted' | 'code changed' | 'stream changed' | 'turned off' | 'index lost'
}

export async function readLag(ledger: LedgerTable, run: string): Promise<Lag | undefined> {
  const row = await ledger.get(runPk(run), 'LAG')
  if (!row) return undefined
  const { pk: _pk, sk: _sk, ...lag } = row
  return lag as unknown as Lag
}

/** Stores the lag. No condition is needed: every writer has just read the stream. */
export async function writeLag(ledger: LedgerTable, run: string, lag: Lag): Promise<void> {
  await ledger.commit([{ row: { pk: runPk(run), sk: 'LAG', ...lag }, expect: 'any' }])
}
