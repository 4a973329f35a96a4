import { enteredAt } from '../facts/phase.ts'
import { eachChunk } from '../ledger/chunks.ts'
import { changeControl, readControl } from '../ledger/control.ts'
import { isDriving } from '../ledger/fencing.ts'
import { readLease } from '../ledger/lease.ts'
import { passes, passIdOf, passKinds } from '../ledger/passes.ts'
import { getRun } from '../ledger/runs.ts'
import { type OpenChunks, slicesOf, standingOf } from '../ledger/shares.ts'
import type { LedgerTable } from '../ledger/table.ts'
import type { Clock } from '../runtime/ports.ts'

/** A Map begins its chunks within this time of its phase, ms: before, they seem abandoned. */
const startingMs = 30_000

export interface CountEngine {
  ledger: LedgerTable
  runtime: { clock: Clock }
  destination: string
  /** Slices of the deployment that can be at work at once. */
  concurrency: number
}

/**
 * Counts how many slices share the budget of the run that is at work, every minute. Without a budget it reads no chunk.
 * @returns the count; `undefined` where there is nothing to share.
 */
export async function countSlices(engine: CountEngine): Promise<number | undefined> {
  const { ledger, runtime, destination, concurrency: deployed } = engine
  const lease = await readLease(ledger, destination)
  if (!lease?.held) return undefined
  const [run, control] = await Promise.all([getRun(ledger, lease.run), readControl(ledger, lease.run)])
  const kind = passKinds.find((each) => passes[each].phase === run.phase)
  // Counted from here on: what is claimed later is not among them.
  const at = runtime.clock()
  if (!control.budget || !kind || !isDriving(lease, run) || at - enteredAt(run, run.phase) < startingMs)
    return undefined
  const pass = passIdOf(run, kind)
  const open: OpenChunks = { started: 0, queued: 0 }
  await eachChunk(ledger, run.id, pass, (chunk) => {
    const standing = chunk.state === 'open' ? standingOf(chunk, at) : undefined
    if (standing) open[standing]++
  })
  const slices = slicesOf(open, { deployed, wanted: Math.min(deployed, run.concurrency ?? deployed) })
  const { fence } = lease
  await changeControl(ledger, run.id, (now) =>
    now.fence === fence && now.budget ? { ...now, counted: { pass, fence, slices, at } } : now,
  )
  return slices
}
