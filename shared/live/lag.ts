import type { Capture } from '../ledger/capture.ts'
import { type Lag, type LagGuard, readLag, writeLag } from '../ledger/lag.ts'
import { passes } from '../ledger/passes.ts'
import type { RunRecord } from '../ledger/runs.ts'
import type { LedgerTable } from '../ledger/table.ts'
import type { Runtime } from '../runtime/ports.ts'
import type { DrainOutcome } from './drain.ts'

const warnSeconds = 3_600
/** A stream keeps records for 24 hours. At six hours there is still time to repair the cause. */
const slowSeconds = 6 * 3_600

/** The guard for an age in seconds. `refuse` is for a stream that has trimmed unread changes, whatever the age. */
export function lagGuard(seconds: number): Exclude<LagGuard, 'refuse'> {
  if (seconds < warnSeconds) return 'ok'
  return seconds < slowSeconds ? 'warn' : 'slow'
}

/** Stores the lag that a poll of the stream found, for status and watch, and to slow down slices. */
export async function recordLag(
  run: string,
  found: DrainOutcome,
  { ledger, runtime }: { ledger: LedgerTable; runtime: Pick<Runtime, 'clock'> },
): Promise<void> {
  const lag = await lagOf(found, runtime.clock(), () => readLag(ledger, run))
  if (lag) await writeLag(ledger, run, lag)
}

/**
 * Whether the destination of a finished run misses live changes: the stream trimmed them unread, or they are not
 * applied at all. If they were turned off on purpose, later changes do not count as missing, and earlier losses count
 * only until the next verification.
 */
export function lacksChanges(
  { phases = [] }: Pick<RunRecord, 'phases'>,
  lag: Lag | undefined,
  capture: Capture | undefined,
): lag is Lag {
  if (!lag) return false
  if (capture?.off === undefined) return lag.guard === 'refuse' || lag.stopped !== undefined
  const compared = phases.findLast(({ phase }) => phase === passes.verify.phase)?.at ?? 0
  return lag.guard === 'refuse' && compared <= lag.at
}

/** Returns `undefined` if the poll has learned nothing. */
async function lagOf(
  found: DrainOutcome,
  at: number,
  before: () => Promise<Lag | undefined>,
): Promise<Lag | undefined> {
  switch (found.outcome) {
    case 'drained':
      return { seconds: 0, guard: 'ok', at }
    case 'trimmed':
      return { seconds: 0, guard: 'refuse', at }
    case 'waiting':
      return { seconds: found.lagSeconds, guard: lagGuard(found.lagSeconds), at }
    case 'more':
      if (found.lagSeconds === undefined) return undefined
      return { seconds: found.lagSeconds, guard: lagGuard(found.lagSeconds), at }
    case 'stopped': {
      // The new owner polls by itself; while a run is paused, live changes continue.
      if (found.reason === 'fenced' || found.reason === 'paused') return undefined
      const last = await before()
      const seconds = last ? Math.round((at - last.at) / 1000) + last.seconds : 0
      const guard = last?.guard === 'refuse' ? 'refuse' : lagGuard(seconds)
      return { seconds, guard, at, stopped: found.reason }
    }
  }
}
