import { runPk } from '../ledger/keys.ts'
import type { LedgerTable } from '../ledger/table.ts'
import type { DrainOutcome } from '../live/drain.ts'
import { type LagGuard, lagGuard } from '../live/lag.ts'
import type { Runtime } from '../runtime/ports.ts'

/** How far live changes were behind when last looked at. */
export interface Lag {
  /** Age of the oldest change not yet applied, seconds; 0 when all are. */
  seconds: number
  guard: LagGuard
  /** Milliseconds since the epoch. */
  at: number
}

/** Remembers what a look at the stream found, for status and watch, and for slices to slow down by. */
export async function recordLag(
  run: string,
  found: DrainOutcome,
  { ledger, runtime }: { ledger: LedgerTable; runtime: Pick<Runtime, 'clock'> },
): Promise<void> {
  if (found.outcome === 'more' || found.outcome === 'stopped') return
  const seconds = found.outcome === 'waiting' ? found.lagSeconds : 0
  const row = { pk: runPk(run), sk: 'LAG', seconds, guard: lagGuard(found), at: runtime.clock() }
  await ledger.commit([{ row, expect: 'any' }])
}

export async function readLag(ledger: LedgerTable, run: string): Promise<Lag | undefined> {
  const row = await ledger.get(runPk(run), 'LAG')
  return row && { seconds: row.seconds as number, guard: row.guard as LagGuard, at: row.at as number }
}
