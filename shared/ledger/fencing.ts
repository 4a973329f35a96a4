import type { Clock } from '../runtime/ports.ts'
import type { ShouldContinue } from '../runtime/retry.ts'
import { type Control, readControl } from './control.ts'
import { getRun, type RunRecord } from './runs.ts'
import type { LedgerTable } from './table.ts'

/** How long a permission that was read from the ledger is trusted, ms. */
export const trustedMs = 5_000

/**
 * Whether an abort is in force. An abort that arrives after the run has finished has no effect: nobody would ever undo
 * it.
 */
export function isAborted({ state }: Pick<RunRecord, 'state'>, { command }: Pick<Control, 'command'>): boolean {
  return command === 'abort' && state !== 'finished'
}

export type WhyStopped = 'fenced' | 'aborted' | 'code changed'

/** Why work under a lease must stop; `undefined` if it may continue. Keeps each result for five seconds. */
export function stopReason(
  ledger: LedgerTable,
  task: { run: string; fence: number },
  codeHash: string,
  clock: Clock,
): () => Promise<WhyStopped | undefined> {
  return trusted(clock, async () => {
    const [run, control] = await Promise.all([getRun(ledger, task.run), readControl(ledger, task.run)])
    if (control.fence !== task.fence) return 'fenced'
    if (isAborted(run, control)) return 'aborted'
    return run.codeHash === codeHash ? undefined : 'code changed'
  })
}

/** Lets retries of work under a lease continue until there is a reason to stop. */
export function continueUnless(whyStop: () => Promise<WhyStopped | undefined>): ShouldContinue {
  return async () => (await whyStop()) === undefined
}

/** Calls `read` at most every five seconds. A failure is not kept. */
export function trusted<T>(clock: Clock, read: () => Promise<T>): () => Promise<T> {
  let last: { at: number; value: Promise<T> } | undefined
  return () => {
    if (last && clock() - last.at < trustedMs) return last.value
    const current = { at: clock(), value: read() }
    last = current
    current.value.catch(() => {
      if (last === current) last = undefined
    })
    return current.value
  }
}
