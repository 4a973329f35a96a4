import { quietAfter, readCoverage } from '../facts/coverage.ts'
import { latestWriteMs } from '../facts/latest-write.ts'
import { notePhase } from '../facts/phase.ts'
import { endCapture } from '../ledger/capture.ts'
import { type Control, changeControl, readControl } from '../ledger/control.ts'
import { isAborted } from '../ledger/fencing.ts'
import { type Lease, readLease } from '../ledger/lease.ts'
import { endFromOutside } from '../ledger/owner.ts'
import { ofEach, passes, passKinds } from '../ledger/passes.ts'
import { getRun, type RunRecord } from '../ledger/runs.ts'
import type { LedgerTable } from '../ledger/table.ts'
import { captureEndsMs } from '../live/fencing.ts'
import type { Mapping, MappingState } from '../live/ports.ts'
import type { Runtime } from '../runtime/ports.ts'
import { stoppedRun } from './halt.ts'
import { ownerStatus } from './owner.ts'
import type { Executions } from './ports.ts'

export interface SweepEngine {
  ledger: LedgerTable
  runtime: Pick<Runtime, 'clock' | 'sleep' | 'emit'>
  executions: Executions
  destination: string
  /** The mapping of each feed that the deployment has: none where it reads no stream. */
  mappings: Mapping[]
  /** Time-outs of the slower one of the functions that apply a feed, and of slices. */
  liveSeconds: number
  sliceSeconds: number
}

/** What a sweep found. `owner unknown`: Step Functions does not say whether the owner still runs. */
export interface Swept {
  outcome: 'nothing to do' | 'owner unknown' | 'interrupted' | 'freed' | 'aborting' | 'aborted'
  run?: string
  /** While aborting: whether Step Functions does not say that the owner has ended, so its lease stays. */
  isOwnerUnknown?: boolean
}

/**
 * A lease younger than this is left alone: the service may not know its execution yet. The first sweep after that frees it
 * within two minutes, if it comes up to 20 s late.
 */
export const youngMs = 30_000

/**
 * Cleans up after the last run into a table, every minute: ends a run whose execution has ended without recording it,
 * frees a lease that nobody holds, and announces an abort once nothing of the run can write any more. Nothing else says
 * `aborted`. Repeatable, also at the same time.
 */
export async function sweep(engine: SweepEngine): Promise<Swept> {
  const { ledger, destination } = engine
  const lease = await readLease(ledger, destination)
  if (!lease) return { outcome: 'nothing to do' }
  const [run, control] = await Promise.all([getRun(ledger, lease.run), readControl(ledger, lease.run)])
  const ended = await endUnowned(lease, run, control, engine)
  const isAborting = isAborted(run, control) && run.state !== 'aborted'
  if (!isAborting) return { outcome: ended, run: run.id }
  return { ...(await finishAbort(lease.run, engine)), ...(ended === 'owner unknown' && { isOwnerUnknown: true }) }
}

async function endUnowned(
  lease: Lease,
  run: RunRecord,
  control: Control,
  engine: SweepEngine,
): Promise<'nothing to do' | 'owner unknown' | 'interrupted' | 'freed'> {
  if (lease.held) {
    if (engine.runtime.clock() - lease.since < youngMs) return 'nothing to do'
    const status = await ownerStatus(lease, engine)
    if (status !== 'ended') return status === 'unknown' ? 'owner unknown' : 'nothing to do'
  } else if (!isRunning(run) && !isUnraised(lease, run, control)) return 'nothing to do'
  const at = engine.runtime.clock()
  const ended = await endFromOutside(engine.ledger, run.id, ({ run: now, control, lease: held }) => {
    // Another execution has taken it meanwhile.
    if (held.fence !== lease.fence || held.held !== lease.held) return undefined
    if (isRunning(now)) return interrupted(now, at)
    return held.held || isUnraised(held, now, control) ? now : undefined
  })
  if (!ended) return 'nothing to do'
  if (!isRunning(run)) return 'freed'
  engine.runtime.emit({ code: 'run.phase', run: run.id, phase: 'Interrupted' })
  return 'interrupted'
}

/** Whether a run, or what is done to it, is at work according to its row. */
const isRunning = (run: RunRecord) => (run.task ?? run).state === 'running'

/** An earlier version gave leases back without raising the fence: what its execution left behind could still write. */
const isUnraised = (lease: Lease, run: RunRecord, control: Control) =>
  !lease.held && run.fence > 0 && lease.fence === run.fence && control.fence === run.fence

function interrupted(run: RunRecord, endedAt: number): RunRecord {
  const reason = `its execution ${run.execution} ended without recording it, as when somebody stops it in the console`
  const { error: _, ...rest } = stoppedRun(notePhase(run, 'Interrupted', endedAt), 'interrupted')
  return { ...rest, reason, endedAt }
}

/**
 * Turns the feeds of an aborted run off, and announces the abort once that is so and nothing of the run can write
 * any more: its slices have ended, and the batches of its feeds, settling and repairs have passed their time-outs. Counted from
 * when this sweep first saw the abort: the clock of whoever asked for it may be off.
 */
async function finishAbort(id: string, engine: SweepEngine): Promise<Swept> {
  const { ledger, runtime, mappings } = engine
  const aborting: Swept = { outcome: 'aborting', run: id }
  const { abortSeen } = await changeControl(ledger, id, (control) =>
    control.command === 'abort' && control.abortSeen === undefined
      ? { ...control, abortSeen: runtime.clock() }
      : control,
  )
  if (abortSeen === undefined) return { outcome: 'nothing to do', run: id }
  await endCapture(ledger, id, runtime.clock())
  const states: MappingState[] = []
  for (const mapping of mappings) {
    const state = await mapping.state()
    if (state === 'Enabled') await mapping.set(false)
    states.push(state)
  }
  // Announced only by a sweep that found it so: a change that it has asked for may take minutes.
  if (states.some((state) => state !== 'Disabled')) return aborting
  if (runtime.clock() <= (await lastWriteMs(id, abortSeen, engine))) return aborting
  const at = runtime.clock()
  const done = await endFromOutside(ledger, id, ({ run, control }) =>
    isAborted(run, control) && run.state !== 'aborted' && control.abortSeen === abortSeen
      ? aborted(run, at)
      : undefined,
  )
  return done ? { outcome: 'aborted', run: id } : aborting
}

function aborted(run: RunRecord, endedAt: number): RunRecord {
  const noted = run.state === 'running' ? notePhase(run, 'Halted', endedAt) : run
  const { because: _, ...rest } = noted
  const reason = 'An operator aborted it, and nothing of it can write any more.'
  return { ...rest, state: 'aborted', reason, error: 'aborted', endedAt: run.endedAt ?? endedAt }
}

/** When the last write of an aborted run must have landed, ms since the epoch. */
async function lastWriteMs(id: string, abortSeen: number, engine: SweepEngine): Promise<number> {
  const { ledger, runtime, destination, liveSeconds, sliceSeconds } = engine
  const now = runtime.clock()
  const [run, lease] = await Promise.all([getRun(ledger, id), readLease(ledger, destination)])
  const known = Math.max(
    run.offline && !run.index ? 0 : abortSeen + captureEndsMs(liveSeconds),
    latestWriteMs(run, now),
    lease?.quietAfter ?? 0,
  )
  const slicesEnd = quietAfter({ lastDeadline: abortSeen + sliceSeconds * 1000 })!
  // The chunks are read only where they matter: there may be millions.
  if (known >= now || now > slicesEnd) return known
  const writing = passKinds.filter((kind) => passes[kind].writes)
  const coverages = Object.values(await ofEach(writing, (kind) => readCoverage(ledger, run, kind)))
  return Math.max(known, ...coverages.map((coverage) => quietAfter(coverage) ?? 0))
}
