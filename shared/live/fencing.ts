import { readCapture } from '../ledger/capture.ts'
import { type Control, readControl } from '../ledger/control.ts'
import { isAborted, trusted, trustedMs } from '../ledger/fencing.ts'
import { type Lease, readLease } from '../ledger/lease.ts'
import { getRun, type RunRecord } from '../ledger/runs.ts'
import type { LedgerTable } from '../ledger/table.ts'
import type { Clock } from '../runtime/ports.ts'
import type { Ask } from '../runtime/retry.ts'
import { LiveError } from './errors.ts'

/** Added to an invocation's end, because its last request may still land. The same margin as in `quietAfter`. */
const landingMs = 60_000

/**
 * Time from the record of `capture off` until no live change can land, ms. Live transactions share no row, because all
 * of them would then meet at one key, so the end is known by time, as for copy: an invocation may trust an earlier
 * permission for {@link trustedMs}, works until its time-out at most, and its last request lands within {@link
 * landingMs}. An invocation that begins later reads the record. The stream monitor, which enables the mapping where nobody has
 * turned it off, works no longer.
 * @param liveSeconds time-out of the live function
 */
export function captureEndsMs(liveSeconds: number): number {
  return trustedMs + liveSeconds * 1000 + landingMs
}

/** The run that may write into a table, and its control row. */
export interface Owner {
  run: RunRecord
  control: Control
}

/**
 * The last run into a table, by its lease. Its feeds are applied while its fence is in force and nobody has aborted it: a
 * paused, halted or finished run continues to apply, because the stream forgets after a day.
 * @throws LiveError otherwise, so that a batch is not acknowledged and comes again.
 */
export async function ownerOf(ledger: LedgerTable, destination: string): Promise<Owner> {
  return ownerBy(await leaseOf(ledger, destination), ledger)
}

async function leaseOf(ledger: LedgerTable, destination: string): Promise<Lease> {
  const lease = await readLease(ledger, destination)
  if (lease) return lease
  throw new LiveError('not-running', `No run into ${destination} was ever begun. The change comes again.`)
}

async function ownerBy(lease: Lease, ledger: LedgerTable): Promise<Owner> {
  const [run, control] = await Promise.all([getRun(ledger, lease.run), readControl(ledger, lease.run)])
  if (control.fence !== lease.fence)
    throw new LiveError('fenced', `Run ${run.id} is changing its owner. The change comes again.`)
  if (isAborted(run, control))
    throw new LiveError('aborted', `Run ${run.id} was aborted. Resume it, or turn its capture off.`)
  return { run, control }
}

/** Permission to apply live changes: the run, and the quiet period it is in. */
export interface Permit {
  run: RunRecord
  quiet?: string
  /** Changes from before this moment (ms) are not applied: copy has seen them, or, offline, there are none. */
  since: number
}

/** Called before every record; keeps each result for five seconds. */
export type LiveFencing = () => Promise<Permit>

/**
 * Finds the run of live changes by the lease of the destination, and checks that they may be applied: as {@link ownerOf}
 * says, nobody has turned capture off, and the run began with this code. A finished copy is kept up to date. Once capture is off, the destination may be in use. Then an older change, delivered late or by a
 * mapping that was enabled by hand, must not overwrite what the application wrote.
 * @throws LiveError otherwise, so that the batch is not acknowledged and comes again.
 */
export function liveFencing(ledger: LedgerTable, destination: string, codeHash: string, clock: Clock): LiveFencing {
  return trusted(clock, async () => {
    const lease = await leaseOf(ledger, destination)
    const [{ run, control }, capture] = await Promise.all([ownerBy(lease, ledger), readCapture(ledger, lease.run)])
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

/** Lets live changes be written while they may be applied. */
export function permits(fencing: LiveFencing): Ask {
  return async () => void (await fencing())
}
