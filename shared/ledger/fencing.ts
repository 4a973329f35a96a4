import type { Clock } from '../runtime/ports.ts'
import type { ShouldContinue } from '../runtime/retry.ts'
import { type Control, readControl } from './control.ts'
import { getRun, type RunRecord } from './runs.ts'
import type { LedgerTable } from './table.ts'

/** How long an answer of the ledger about who may write is trusted, ms. */
export const trustedMs = 5_000

/** An abort that a run had not seen when it finished came too late: nobody would ever take it back. */
export function isAborted({ state }: Pick<RunRecord, 'state'>, { command }: Pick<Control, 'command'>): boolean {
  return command === 'abort' && state !== 'finished'
}

export type WhyStopped = 'fenced' | 'aborted' | 'code changed'

/** For work under a lease: why it has to stop, if it has to; answers from memory for five seconds. */
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

/** For retries of work under a lease: whether nothing says that it has to stop. */
export function continueUnless(whyStop: () => Promise<WhyStopped | undefined>): ShouldContinue {
  return async () => (await whyStop()) === undefined
}

/** Asks at most every five seconds. A failure is not remembered. */
export function trusted<T>(clock: Clock, ask: () => Promise<T>): () => Promise<T> {
  let answer: { at: number; value: Promise<T> } | undefined
  return () => {
    if (answer && clock() - answer.at < trustedMs) return answer.value
    const asked = { at: clock(), value: ask() }
    answer = asked
    asked.value.catch(() => {
      if (answer === asked) answer = undefined
    })
    return asked.value
  }
}
