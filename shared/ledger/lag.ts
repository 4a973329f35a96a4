import { runPk } from './keys.ts'
import type { LedgerTable } from './table.ts'

/**
 * What to do about the age of the oldest change not yet applied: nothing, tell somebody, slow the copy (it and the applier
 * share the destination's capacity), or give the cutover up, because what the stream has thrown away unread is lost.
 */
export type LagGuard = 'ok' | 'warn' | 'slow' | 'refuse'

/** How far live changes were behind when last looked at. */
export interface Lag {
  /** Age of the oldest change not yet applied, seconds; 0 when all are. Where they are not applied at all, at most this. */
  seconds: number
  guard: LagGuard
  /** Milliseconds since the epoch. */
  at: number
  /** Why live changes are not applied at all. */
  stopped?: 'aborted' | 'code changed' | 'stream changed' | 'turned off'
}

export async function readLag(ledger: LedgerTable, run: string): Promise<Lag | undefined> {
  const row = await ledger.get(runPk(run), 'LAG')
  if (!row) return undefined
  const { pk: _pk, sk: _sk, ...lag } = row
  return lag as unknown as Lag
}

/** Stores the newest: whoever writes has just read the stream. */
export async function writeLag(ledger: LedgerTable, run: string, lag: Lag): Promise<void> {
  await ledger.commit([{ row: { pk: runPk(run), sk: 'LAG', ...lag }, expect: 'any' }])
}
