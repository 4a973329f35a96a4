import { readControl } from '../ledger/control.ts'
import { readLease } from '../ledger/lease.ts'
import { getRun } from '../ledger/runs.ts'
import { readCapture } from '../ledger/shards.ts'
import type { LedgerTable } from '../ledger/table.ts'
import { advance, type DrainEngine } from '../live/drain.ts'
import { isAborted } from '../live/gate.ts'
import { recordLag } from './lag.ts'

/**
 * Looks at the stream of the last run into a table, while that run captures: moves drain's cursors over what has been
 * applied, so that little is left to read and nothing is trimmed unread, and notes the lag.
 */
export async function followRun(
  destination: string,
  ledger: LedgerTable,
  engineOf: (run: string) => Promise<DrainEngine>,
): Promise<{ outcome: 'followed' | 'nothing to follow' }> {
  const lease = await readLease(ledger, destination)
  if (!lease) return { outcome: 'nothing to follow' }
  const [run, control, capture] = await Promise.all([
    getRun(ledger, lease.run),
    readControl(ledger, lease.run),
    readCapture(ledger, lease.run),
  ])
  if (run.offline || !capture || capture.off !== undefined || isAborted(run, control))
    return { outcome: 'nothing to follow' }
  const engine = await engineOf(run.id)
  await recordLag(run.id, await advance({ run: run.id, fence: control.fence }, engine), engine)
  return { outcome: 'followed' }
}
