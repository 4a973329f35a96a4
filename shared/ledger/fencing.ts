import { SegueError } from '../runtime/error.ts'
import type { Clock } from '../runtime/ports.ts'
import type { Ask } from '../runtime/retry.ts'
import { type Control, commandAt, readControl } from './control.ts'
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

/** Why the rows of a run say that its work must stop. */
export type WhyTold = 'fenced' | 'aborted' | 'paused' | 'code changed'

/** Why work stopped. `index lost`: a search index that it writes is gone, or is another one. */
export type WhyStopped = WhyTold | 'index lost'

/** Keeps each result for five seconds. */
export type StopReason<Why extends WhyTold = WhyTold> = () => Promise<Why | undefined>

/** Why live changes stop. A pause does not stop them: the stream keeps a change for 24 hours only. */
type WhyLiveStopped = Exclude<WhyTold, 'paused'>

interface LeaseTask {
  run: string
  fence: number
}

/** The user's code in this deployment that some work needs: the migrations, or the definitions of indices. */
export interface Code {
  of: 'migrations' | 'search'
  hash: string
}

/** Whether a run, or the newest build of its indices, began with this code. */
export function beganWith(run: Pick<RunRecord, 'codeHash' | 'index'>, { of, hash }: Code): boolean {
  return hash === (of === 'search' ? run.index?.hash : run.codeHash)
}

/**
 * Whether a task belongs to the execution that drives the run now. `false` once that execution has ended, and for an
 * earlier one.
 */
export function isDriving(
  { fence }: Pick<LeaseTask, 'fence'>,
  run: Pick<RunRecord, 'state' | 'task' | 'fence'>,
): boolean {
  return (run.task ?? run).state === 'running' && run.fence === fence
}

/**
 * Why work of an execution must stop; `undefined` if it may continue. The end of an execution raises the fence; its run
 * says so, too, since a run of an earlier version may have ended without that.
 * @param onRead given the control row, each time it is read.
 */
export function stopReason(
  ledger: LedgerTable,
  task: LeaseTask,
  code: Code,
  clock: Clock,
  onRead?: (control: Control) => void,
): StopReason {
  return trusted(clock, async () => {
    const { run, control, reason } = await readReason(ledger, task, code)
    onRead?.(control)
    if (reason) return reason
    if (!isDriving(task, run)) return 'fenced'
    return commandAt(control, clock()) === 'pause' ? 'paused' : undefined
  })
}

/** Why work on live changes must stop, which continues after the execution; `undefined` if it may continue. */
export function liveStopReason(
  ledger: LedgerTable,
  task: LeaseTask,
  code: Code,
  clock: Clock,
): StopReason<WhyLiveStopped> {
  return trusted(clock, async () => (await readReason(ledger, task, code)).reason)
}

async function readReason(
  ledger: LedgerTable,
  task: LeaseTask,
  code: Code,
): Promise<{ run: RunRecord; control: Control; reason: WhyLiveStopped | undefined }> {
  const [run, control] = await Promise.all([getRun(ledger, task.run), readControl(ledger, task.run)])
  if (control.fence !== task.fence) return { run, control, reason: 'fenced' }
  if (isAborted(run, control)) return { run, control, reason: 'aborted' }
  return { run, control, reason: beganWith(run, code) ? undefined : 'code changed' }
}

export interface Stopped {
  outcome: 'stopped'
  reason: WhyStopped
}

/** Thrown by work under a lease that must stop. Whoever began the work returns the reason: {@link orStopped}. */
export class StoppedError extends SegueError {
  static override readonly kind = 'StoppedError'
  readonly reason: WhyStopped

  constructor(reason: WhyStopped) {
    super('stopped', `The work must stop: ${reason}.`, {
      source: 'internal',
      next: 'Nothing: `segue status` shows why the run has stopped.',
    })
    this.reason = reason
  }
}

/** Lets work under a lease continue until there is a reason to stop. */
export function continueUnless(whyStop: StopReason): Ask {
  return async () => {
    const reason = await whyStop()
    if (reason) throw new StoppedError(reason)
  }
}

/** The result of work, or why it had to stop. */
export async function orStopped<T>(work: () => Promise<T>): Promise<T | Stopped> {
  try {
    return await work()
  } catch (error) {
    if (StoppedError.is(error)) return { outcome: 'stopped', reason: error.reason }
    throw error
  }
}

/** Calls `read` at most every five seconds. A failure is not kept. */
export function trusted<T>(clock: Clock, read: () => Promise<T>): () => Promise<T> {
  let last: { at: number; value: Promise<T> } | undefined
  return () => {
    const elapsedMs = last ? clock() - last.at : 0
    // Below 0: the clock was set back, and says nothing about the age.
    if (last && elapsedMs >= 0 && elapsedMs < trustedMs) return last.value
    const current = { at: clock(), value: read() }
    last = current
    current.value.catch(() => {
      if (last === current) last = undefined
    })
    return current.value
  }
}
