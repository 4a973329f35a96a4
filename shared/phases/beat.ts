import { writeBeat } from '../ledger/beats.ts'
import type { Phase } from '../ledger/passes.ts'
import type { LedgerTable } from '../ledger/table.ts'
import type { Clock, Deadline } from '../runtime/ports.ts'
import type { Handler, Task, World } from './handlers/world.ts'

/** A phase beats no more often than this, ms. */
const beatEveryMs = 5_000

/** Says that a phase is alive; with `waits`, that it waits on purpose, for so long and for this. */
export type Beating = (waits?: { seconds: number; why: string }) => Promise<void>

/**
 * The beats of one invocation. Never throws: whoever works does not fail for want of a sign of life, and the watchdog takes
 * silence for what it is.
 */
export function beating(
  ledger: LedgerTable,
  { run, fence }: { run: string; fence: number },
  phase: Phase,
  clock: Clock,
): Beating {
  let last: number | undefined
  return async (waits) => {
    const at = clock()
    if (!waits && last !== undefined && at - last < beatEveryMs && at >= last) return
    last = at
    const until = waits ? { until: at + waits.seconds * 1000, why: waits.why } : {}
    await writeBeat(ledger, run, { phase, fence, at, ...until }).catch(() => {})
  }
}

/** What a phase function returns, as far as it concerns its beats. */
type Result = { outcome: string; seconds?: number }

interface Alive<E> {
  phase: Phase | ((task: E) => Phase)
  /** Why the machine waits where it is told to. */
  waitsFor?: string
}

/**
 * A handler of a phase that gives signs of life: when it begins, as often as it calls `beat`, and when it lets the machine wait
 * on purpose.
 */
export function alive<E extends Task, R extends Result>(
  { ledger, runtime }: Pick<World, 'ledger' | 'runtime'>,
  { phase, waitsFor }: Alive<E>,
  work: (task: E, deadline: Deadline, beat: Beating) => Promise<R>,
): Handler<E, R> {
  return async (task, deadline) => {
    const beat = beating(ledger, task, typeof phase === 'string' ? phase : phase(task), runtime.clock)
    await beat()
    const result = await work(task, deadline, beat)
    const { outcome, seconds } = result
    if (outcome === 'waiting' && seconds !== undefined && waitsFor !== undefined) await beat({ seconds, why: waitsFor })
    return result
  }
}
