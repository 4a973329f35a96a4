import { readCapture } from '../ledger/capture.ts'
import { readControl } from '../ledger/control.ts'
import { isAborted, liveStopReason } from '../ledger/fencing.ts'
import { readLease } from '../ledger/lease.ts'
import { phases } from '../ledger/passes.ts'
import { getRun, type RunRecord } from '../ledger/runs.ts'
import { readPolledAt } from '../ledger/shards.ts'
import type { LedgerTable } from '../ledger/table.ts'
import { advance, type DrainEngine } from '../live/drain.ts'
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

/**
 * Monitors the stream of the last run into a table while that run captures: moves drain's cursors past applied changes,
 * so that little is left to read and nothing is trimmed unread, and records the lag. While the run drains, it only
 * records why live changes are not applied, which drain cannot see. Before, it makes sure that the mapping is on.
 * @param mapping a deployment or a person may have disabled it.
 */
export async function monitorStream(
  destination: string,
  ledger: LedgerTable,
  mapping: Mapping,
  engineOf: (run: string) => Promise<DrainEngine>,
): Promise<Monitored> {
  const lease = await readLease(ledger, destination)
  if (!lease) return { outcome: 'nothing to monitor' }
  const [run, control, capture] = await Promise.all([
    getRun(ledger, lease.run),
    readControl(ledger, lease.run),
    readCapture(ledger, lease.run),
  ])
  if (run.offline || !capture || capture.off !== undefined || isAborted(run, control))
    return { outcome: 'nothing to monitor' }
  const engine = await engineOf(run.id)
  const task = { run: run.id, fence: control.fence }
  if (shouldBeOn(run) && !(await keepOn(mapping, engine.runtime)))
    await recordLag(run.id, { outcome: 'stopped', reason: 'turned off' }, engine)
  else if (!(await isDraining(run, engine))) await recordLag(run.id, await advance(task, engine), engine)
  else {
    const reason = await liveStopReason(ledger, task, engine.code, engine.runtime.clock)()
    if (reason) await recordLag(run.id, { outcome: 'stopped', reason }, engine)
  }
  return { outcome: 'monitored' }
}

/**
 * Enables the mapping if it is disabled although nobody has recorded that it should be: CloudFormation disables it whenever a
 * deployment changes one of its properties. Whoever turns live changes off on purpose records it first, and then waits longer
 * than an invocation of this function can last (see `captureEndsMs`), so none enables the mapping later than that.
 * @returns `false` if it stays disabled.
 */
async function keepOn(mapping: Mapping, { sleep }: Pick<Runtime, 'sleep'>): Promise<boolean> {
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

async function isDraining(run: RunRecord, { ledger, runtime }: DrainEngine): Promise<boolean> {
  if ((run.task ?? run).state !== 'running' || !phases[run.phase].readsStream) return false
  const entry = run.phases?.findLast(({ phase }) => phases[phase].readsStream)
  const polledAt = Math.max(entry?.at ?? 0, (await readPolledAt(ledger, run.id)) ?? 0)
  return runtime.clock() - polledAt < drainingMs
}
