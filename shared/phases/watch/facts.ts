import { oldestUnapplied } from '../../facts/oldest-change.ts'
import { type Beat, readBeat } from '../../ledger/beats.ts'
import { type Capture, readCapture } from '../../ledger/capture.ts'
import { type ChunksSeen, countQuarantineTo, watchChunks } from '../../ledger/chunk-watch.ts'
import { type Control, readControl } from '../../ledger/control.ts'
import { isAborted } from '../../ledger/fencing.ts'
import { shards } from '../../ledger/keys.ts'
import { type Lag, readLag } from '../../ledger/lag.ts'
import { type Lease, readLease } from '../../ledger/lease.ts'
import { isPassPhase, type PassId, passes, passIdOf, passKinds } from '../../ledger/passes.ts'
import { getRun, type RunRecord } from '../../ledger/runs.ts'
import type { LedgerTable } from '../../ledger/table.ts'
import type { Runtime } from '../../runtime/ports.ts'

/** What the watchdog judges by: the rows of the last run into a destination. */
export interface Facts {
  now: number
  run: RunRecord
  control: Control
  lease: Lease
  beat?: Beat
  /** Of the pass that the run is in, or was in last; no value: it has planned none, or nothing works on it. */
  chunks?: ChunksSeen
  /** Where live changes are captured. */
  capture?: Capture
  lag?: Lag
  /** Counted no further than {@link mostQuarantined}; when the newest of those was quarantined, ms since the epoch. */
  quarantine: { items: number; newest: number }
}

/** A longer list is counted no further. */
export const mostQuarantined = 1_000

/** Reading chunks takes no longer than this: the watchdog has 50 s, and sweeps first. */
const readsMs = 20_000

/** `undefined` where there was never a run. */
export async function readFacts(
  ledger: LedgerTable,
  destination: string,
  { clock }: Pick<Runtime, 'clock'>,
): Promise<Facts | undefined> {
  const lease = await readLease(ledger, destination)
  if (!lease) return undefined
  const { run: id } = lease
  const [run, control, beat, capture, lag] = await Promise.all([
    getRun(ledger, id),
    readControl(ledger, id),
    readBeat(ledger, id),
    readCapture(ledger, id),
    readLag(ledger, id),
  ])
  const now = clock()
  const pass = isWatched(run) ? lastPass(run) : undefined
  const first = Math.floor(now / 60_000) % shards
  const chunks = pass && (await watchChunks(ledger, id, pass, { clock, until: now + readsMs, first }))
  const quarantine = await countQuarantineTo(ledger, id, mostQuarantined)
  return {
    ...{ now, run, control, lease, quarantine },
    ...(beat && { beat }),
    ...(chunks && { chunks }),
    ...(capture && { capture }),
    ...(lag && { lag }),
  }
}

/** Whether a run, or what is done to it, is at work according to its row. */
export const isRunning = (run: Pick<RunRecord, 'state' | 'task'>) => (run.task ?? run).state === 'running'

/** Whether chunks of a run matter: it works on them, or has stopped over them. */
function isWatched(run: RunRecord): boolean {
  return isRunning(run) || (run.task ?? run).because === 'halted'
}

/** The pass of the phase that a run entered last and that has one, in this attempt. */
export function lastPass(run: Pick<RunRecord, 'phases' | 'verification' | 'index'>): PassId | undefined {
  const entry = run.phases?.findLast(({ phase }) => isPassPhase(phase))
  const kind = entry && passKinds.find((each) => passes[each].phase === entry.phase)
  return kind && passIdOf(run, kind)
}

/** Whether live changes of a run should be applied now. */
export function isCapturing({ run, control, capture }: Pick<Facts, 'run' | 'control' | 'capture'>): boolean {
  return capture !== undefined && capture.off === undefined && !run.offline && !isAborted(run, control)
}

/** How old the oldest change is that is not applied, seconds; 0 where none is captured. */
export function streamAgeSeconds(facts: Facts): number {
  const { now, capture, lag } = facts
  if (!isCapturing(facts) || !lag) return 0
  const oldest = oldestUnapplied(capture, lag)
  return oldest === undefined ? lag.seconds : Math.max(0, Math.floor((now - oldest) / 1000))
}

/**
 * For how long nothing has moved, seconds: no row of a chunk, no beat, no change of phase or owner, and no wait that was
 * promised. 0 unless something is at work.
 */
export function stuckSeconds({ now, run, lease, beat, chunks }: Facts): number {
  if (!isRunning(run)) return 0
  const isOwn = beat !== undefined && beat.fence === run.fence
  const moved = [
    lease.since,
    run.phases?.at(-1)?.at ?? run.startedAt,
    chunks?.newest ?? 0,
    ...(isOwn ? [beat.at, beat.until ?? 0] : []),
  ]
  // Not all chunks were read: one of the others may have moved.
  if (chunks?.isPartial) return 0
  return Math.max(0, Math.floor((now - Math.max(...moved)) / 1000))
}
