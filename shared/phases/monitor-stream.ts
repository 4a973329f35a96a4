import { readCapture } from '../ledger/capture.ts'
import { readControl } from '../ledger/control.ts'
import type { FeedName } from '../ledger/feeds.ts'
import { isAborted, liveStopReason } from '../ledger/fencing.ts'
import { readLease } from '../ledger/lease.ts'
import { type Phase, phases } from '../ledger/passes.ts'
import { getRun, type RunRecord } from '../ledger/runs.ts'
import { readPolledAt } from '../ledger/shards.ts'
import type { LedgerTable } from '../ledger/table.ts'
import { advance, type DrainEngine, type DrainOutcome } from '../live/drain.ts'
import { recordLag } from '../live/lag.ts'
import type { Mapping } from '../live/ports.ts'
import type { Runtime } from '../runtime/ports.ts'

/**
 * A drain that polled all shards within this time is at work. A shard serves two readers well, the mapping and drain.
 * But a stopped execution leaves its run in that phase without a reader.
 */
const drainingMs = 3_600_000

/**
 * How soon a mapping that is being enabled must say so, ms. The service says so at once, although the change itself takes up
 * to minutes.
 */
const enablesWithinMs = 10_000

export interface Monitored {
  outcome: 'monitored' | 'nothing to monitor'
}

/** A feed that is monitored, with the row of its run. */
interface Monitor {
  run: RunRecord
  fence: number
  feed: FeedName
  engine: DrainEngine
}

/**
 * Monitors the stream of the last run into a table while that run captures: moves drain's cursors past applied changes,
 * so that little is left to read and nothing is trimmed unread, and records the lag. While the run drains, it only
 * records why live changes are not applied, which drain cannot see. Before, it makes sure that the mapping is on.
 * @param mapping a deployment or a person may have disabled it. No value where the deployment reads no stream: then nothing
 * is captured.
 */
export async function monitorStream(
  destination: string,
  ledger: LedgerTable,
  mapping: Mapping | undefined,
  engineOf: (run: string) => Promise<DrainEngine>,
): Promise<Monitored> {
  const lease = await readLease(ledger, destination)
  if (!lease) return { outcome: 'nothing to monitor' }
  const [run, control, capture] = await Promise.all([
    getRun(ledger, lease.run),
    readControl(ledger, lease.run),
    readCapture(ledger, lease.run),
  ])
  if (!mapping || run.offline || !capture || capture.off !== undefined || isAborted(run, control))
    return { outcome: 'nothing to monitor' }
  const engine = await engineOf(run.id)
  const isOn = !shouldBeOn(run) || (await keepOn(mapping, engine.runtime))
  await monitorFeed(isOn, { run, fence: control.fence, feed: 'source', engine })
  return { outcome: 'monitored' }
}

/** Monitors one feed; returns what a poll of its stream found, if there was one. */
export async function monitorFeed(
  isOn: boolean,
  { run, fence, feed, engine }: Monitor,
): Promise<DrainOutcome | undefined> {
  const task = { run: run.id, fence }
  if (!isOn) await recordLag(engine.feed, { outcome: 'stopped', reason: 'turned off' }, engine)
  else if (!(await isDraining(run, feed, engine))) {
    const found = await advance(task, engine)
    await recordLag(engine.feed, found, engine)
    return found
  } else {
    const reason = await liveStopReason(engine.ledger, task, engine.code, engine.runtime.clock)()
    if (reason) await recordLag(engine.feed, { outcome: 'stopped', reason }, engine)
  }
  return undefined
}

/**
 * Enables the mapping if it is disabled although nobody has recorded that it should be: CloudFormation disables it whenever a
 * deployment changes one of its properties. Whoever turns live changes off on purpose records it first, and then waits longer
 * than an invocation of this function can last (see `captureEndsMs`), so none enables the mapping later than that.
 * @returns `false` if it stays disabled.
 */
export async function keepOn(mapping: Mapping, { sleep }: Pick<Runtime, 'sleep'>): Promise<boolean> {
  if ((await mapping.state()) !== 'Disabled') return true
  await mapping.set(true)
  await sleep(enablesWithinMs)
  return (await mapping.state()) !== 'Disabled'
}

/**
 * Whether live changes should be on by now. While a run is about to plan its copy, and after a resume, they are about to be
 * turned on. In one that has stopped before that, nobody else turns them on, and the stream keeps changes for 24 hours only.
 */
function shouldBeOn({ planned, phase, state }: RunRecord): boolean {
  return state !== 'running' || (planned && phases[phase].capturing)
}

async function isDraining(run: RunRecord, feed: FeedName, engine: DrainEngine): Promise<boolean> {
  const { ledger, runtime } = engine
  const drains = (phase: Phase) => phases[phase].readsStream === feed
  if ((run.task ?? run).state !== 'running' || !drains(run.phase)) return false
  const entry = run.phases?.findLast(({ phase }) => drains(phase))
  const polledAt = Math.max(entry?.at ?? 0, (await readPolledAt(ledger, engine.feed)) ?? 0)
  return runtime.clock() - polledAt < drainingMs
}
