import { type PassKind, type Phase, passes, phases as phaseTable } from '../ledger/passes.ts'
import type { RunRecord } from '../ledger/runs.ts'

/** One stay in a phase. Times are milliseconds. */
export interface PhaseTime {
  phase: Phase
  /** When it was entered, since the epoch. */
  at: number
  /** How long it lasted. The last stay has no value, nor has an end that an operator resumed later. */
  ms?: number
}

/**
 * The phases of a run, in order. The time before the first entry counts as Lease.
 * @param until when the last one ended, if it has: ms since the epoch.
 */
export function phaseTimes(
  { startedAt, endedAt, phases = [] }: Pick<RunRecord, 'startedAt' | 'endedAt' | 'phases'>,
  until: number | undefined = endedAt,
): PhaseTime[] {
  const entries = [{ phase: 'Lease' as const, at: startedAt }, ...phases]
  return entries.map(({ phase, at }, index) => {
    const next = entries[index + 1]?.at ?? until
    return next === undefined || phaseTable[phase].ends ? { phase, at } : { phase, at, ms: next - at }
  })
}

/**
 * How long a run was at work. The time between a halt, an interruption or an end and the next resume or verification
 * does not count.
 */
export function workedMs(run: Parameters<typeof phaseTimes>[0], now: number): number {
  return phaseTimes(run, run.endedAt ?? now).reduce((sum, { ms = 0 }) => sum + ms, 0)
}

/**
 * How long a run was at work in a pass, all repetitions together; the whole time if the run's phases were not noted.
 */
export function passMs(kind: PassKind, run: Parameters<typeof phaseTimes>[0], now: number): number {
  const stays = phaseTimes(run, run.endedAt ?? now).filter(({ phase }) => phase === passes[kind].phase)
  return stays.length > 0 ? stays.reduce((sum, { ms = 0 }) => sum + ms, 0) : workedMs(run, now)
}
