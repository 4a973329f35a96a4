import { readCapture } from '../ledger/capture.ts'
import { readControl } from '../ledger/control.ts'
import { isAborted, trusted, trustedMs } from '../ledger/fencing.ts'
import { readLease } from '../ledger/lease.ts'
import { getRun, type RunRecord } from '../ledger/runs.ts'
import type { LedgerTable } from '../ledger/table.ts'
import type { Clock } from '../runtime/ports.ts'
import type { ShouldContinue } from '../runtime/retry.ts'
import { LiveError } from './errors.ts'

/** Added to an invocation's end: a request that it sent may still land. The same margin as that of `quietAfter`. */
const landingMs = 60_000

/**
 * From the moment that `capture off` is recorded until no live change can land any more, ms. No row is part of every live
 * transaction, because all of them would then meet at one key; so the end is known by time, as that of copy is: an invocation
 * may believe an older answer for {@link trustedMs}, works until its time-out at most, and what it sent last lands within
 * {@link landingMs}. An invocation that begins later reads the row.
 * @param liveSeconds time-out of the live function
 */
export function captureEndsMs(liveSeconds: number): number {
  return trustedMs + liveSeconds * 1000 + landingMs
}

/** Leave to apply live changes: of which run, and the quiet period it is in. */
export interface Permit {
  run: RunRecord
  quiet?: string
  /** Changes from before this moment (ms) are not this run's business: copy has seen them, or, offline, there are none. */
  since: number
}

/** Asked before every record; answers from memory for five seconds. */
export type LiveFencing = () => Promise<Permit>

/**
 * Finds out by the lease of the destination which run live changes belong to, and whether they may be applied: its fence is
 * in force, nobody has asked to abort or turned capture off, and the run was begun with this code. A paused, halted or
 * finished run goes on applying: the stream forgets after a day, so what was held back might be lost, and a finished copy is
 * kept up to date. Once capture is off the destination may be in use, and an older change, delivered late or by a mapping
 * that was enabled by hand, must not overwrite what the application wrote.
 * @throws LiveError otherwise, so that the batch is not acknowledged and comes again.
 */
export function liveFencing(ledger: LedgerTable, destination: string, codeHash: string, clock: Clock): LiveFencing {
  return trusted(clock, async () => {
    const lease = await readLease(ledger, destination)
    if (!lease) throw new LiveError('not-running', `No run into ${destination} was ever begun. The change comes again.`)
    const [run, control, capture] = await Promise.all([
      getRun(ledger, lease.run),
      readControl(ledger, lease.run),
      readCapture(ledger, lease.run),
    ])
    if (control.fence !== lease.fence)
      throw new LiveError('fenced', `Run ${run.id} is changing its owner. The change comes again.`)
    if (isAborted(run, control))
      throw new LiveError('aborted', `Run ${run.id} was aborted. Resume it, or turn its capture off.`)
    if (capture?.off !== undefined)
      throw new LiveError(
        'capture-off',
        `Live changes of run ${run.id} are off since ${new Date(capture.off).toISOString()}. Keep their mapping disabled; a resume within 24 hours still applies this change.`,
      )
    if (run.codeHash !== codeHash)
      throw new LiveError(
        'code-changed',
        `Run ${run.id} was begun with other migrations than these. Deploy those it was begun with.`,
      )
    if (!run.offline && !capture)
      throw new LiveError('not-running', `Run ${run.id} does not capture yet. The change comes again once it does.`)
    const since = run.offline ? Number.POSITIVE_INFINITY : (capture?.since ?? 0)
    return control.quiet === undefined ? { run, since } : { run, since, quiet: control.quiet }
  })
}

/** For retries of live changes: whether they may still be applied. */
export function permits(fencing: LiveFencing): ShouldContinue {
  return () =>
    fencing().then(
      () => true,
      () => false,
    )
}
