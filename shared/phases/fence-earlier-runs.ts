import { functions } from '../config/functions-and-permissions.ts'
import { graceMs, lastDeadlineOf, quietAfter } from '../facts/coverage.ts'
import { latestWriteMs } from '../facts/latest-write.ts'
import { readCapture } from '../ledger/capture.ts'
import { eachChunk } from '../ledger/chunks.ts'
import { changeControl } from '../ledger/control.ts'
import { LedgerError } from '../ledger/errors.ts'
import { type Lease, readLease, writeLease } from '../ledger/lease.ts'
import { getRun } from '../ledger/runs.ts'
import type { LedgerTable } from '../ledger/table.ts'

/**
 * Fences the runs before this one: their slices, their nested executions and their live changes stop at the newer
 * fence. (Stopping an execution leaves some of them at work.) Stores in the lease when the last of their writes must
 * have landed. Repeatable, also by the next owner of the lease.
 */
export async function fenceEarlierRuns(ledger: LedgerTable, lease: Lease): Promise<Lease> {
  const { superseded: earlier, ...rest } = lease
  if (!earlier) return lease
  // Fences the runs before it reads their chunks. A slice reads the fence again after it claims its chunk, so it is
  // either among those chunks or stops by itself.
  for (const run of earlier) await fence(ledger, run, lease.fence)
  const ends = await Promise.all(earlier.map((run) => lastWrite(ledger, run, lease.since)))
  const fenced: Lease = { ...rest, quietAfter: Math.max(lease.quietAfter ?? 0, ...ends) }
  if (await writeLease(ledger, lease, fenced)) return fenced
  throw new LedgerError(
    'lost-race',
    `The lease on ${lease.table} has passed to ${(await readLease(ledger, lease.table))?.execution}. Start again later.`,
  )
}

async function fence(ledger: LedgerTable, run: string, number: number): Promise<void> {
  await changeControl(ledger, run, (control) =>
    // Without a row its owner died before it began, so none of its work ever began.
    control.fence === 0 || control.fence >= number ? control : { ...control, fence: number },
  )
}

/** When the last write of a run must have landed, ms since the epoch; 0 if nothing can be in flight. */
async function lastWrite(ledger: LedgerTable, id: string, since: number): Promise<number> {
  const capture = await readCapture(ledger, id)
  let [chunks, lastDeadline] = [0, 0]
  await eachChunk(ledger, id, 'copy', (chunk) => {
    chunks++
    lastDeadline = Math.max(lastDeadline, lastDeadlineOf(chunk))
  })
  if (chunks === 0 && !capture) return 0
  const run = await getRun(ledger, id)
  // A live function trusts an earlier permission for some seconds and then finishes the work it began. None outlives
  // its limit.
  const liveEnds = capture ? since + functions.live.seconds * 1000 + graceMs : 0
  return Math.max(liveEnds, latestWriteMs(run, since), quietAfter({ lastDeadline }) ?? 0)
}
