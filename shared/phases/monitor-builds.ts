import { type FedBuild, fedBuilds } from '../facts/builds.ts'
import { changeBuild, loseBuild, readBuilds } from '../ledger/builds.ts'
import { hourOf } from '../ledger/burials.ts'
import { readCapture } from '../ledger/capture.ts'
import { readControl } from '../ledger/control.ts'
import { buildKey } from '../ledger/feeds.ts'
import { isAborted, liveStopReason, type StopReason } from '../ledger/fencing.ts'
import { readLease } from '../ledger/lease.ts'
import { getRun, type RunRecord } from '../ledger/runs.ts'
import type { DrainEngine } from '../live/drain.ts'
import type { Mapping } from '../live/ports.ts'
import { buryDue } from '../live/tickets/bury.ts'
import type { TicketEngine } from '../live/tickets/engine.ts'
import { isWhole, type WholeEngine } from '../live/tickets/whole.ts'
import type { Deadline } from '../runtime/ports.ts'
import { keepOn, type Monitored, monitorFeed } from './monitor-stream.ts'

/** What the monitor of one build works with. */
export interface BuildEngine {
  drain: DrainEngine
  tickets(whyStop: StopReason): TicketEngine
}

export interface BuildsEngine extends WholeEngine {
  mapping: Mapping
  deadline: Deadline
  engineOf: (run: RunRecord, build: FedBuild, deadline: Deadline) => Promise<BuildEngine>
}

/**
 * Monitors the builds that changes of a table are brought into: as the monitor of live changes does, and besides it sends
 * deletes once more that are due, and records a build as lost whose changes or indices are gone. Turns the mapping off while
 * nothing is fed: it would be invoked for each write of the next copy.
 */
export async function monitorBuilds(table: string, engine: BuildsEngine): Promise<Monitored> {
  const { ledger, mapping, runtime } = engine
  const lease = await readLease(ledger, table)
  if (!lease) return { outcome: 'nothing to monitor' }
  const [run, control, builds] = await Promise.all([
    getRun(ledger, lease.run),
    readControl(ledger, lease.run),
    readBuilds(ledger, table),
  ])
  // The sweep turns it off for an aborted run, before that is recorded; a late Prepare index may turn it on again.
  if (run.state === 'aborted' && (await mapping.state()) === 'Enabled') await mapping.set(false)
  if (isAborted(run, control)) return { outcome: 'nothing to monitor' }
  const fed = fedBuilds(builds, run.id)
  if (fed.length === 0) {
    // A build that begins meanwhile is fed a little later: the next round turns the mapping on, and the stream keeps its changes.
    if ((await mapping.state()) === 'Enabled') await mapping.set(false)
    return { outcome: 'nothing to monitor' }
  }
  const isOn = await keepOn(mapping, runtime)
  const failures: unknown[] = []
  for (const [i, build] of fed.entries()) {
    const deadline = shareOf(engine.deadline, 1 / (fed.length - i))
    await monitorBuild(isOn, run, control.fence, build, { ...engine, deadline }).catch((error) => {
      failures.push(error)
    })
  }
  if (failures.length > 0) throw failures[0]
  return { outcome: 'monitored' }
}

async function monitorBuild(
  isOn: boolean,
  run: RunRecord,
  fence: number,
  build: FedBuild,
  engine: BuildsEngine,
): Promise<void> {
  const { ledger, runtime, deadline } = engine
  // Prepare index is about to say when its feed begins.
  if (!(await readCapture(ledger, buildKey(build)))) return
  // The other half is for the deletes.
  const { drain, tickets } = await engine.engineOf(run, build, shareOf(deadline, 1 / 2))
  const found = await monitorFeed(isOn, { run, fence, feed: 'index', engine: drain })
  const because =
    found?.outcome === 'trimmed'
      ? found.outcome
      : found?.outcome === 'stopped' && found.reason === 'stream changed'
        ? found.reason
        : undefined
  if (because !== undefined) {
    await loseBuild(ledger, build, because, runtime.clock())
    runtime.emit({ code: 'build.lost', run: run.id, build: build.n, because })
    return
  }
  if (!(await isWhole(build, engine))) return
  const whyStop = liveStopReason(ledger, { run: run.id, fence }, drain.code, runtime.clock)
  const from = build.buriedTo ?? hourOf(build.since)
  const buried = await buryDue(from, { ...tickets(whyStop), deadline, whyStop })
  if ('outcome' in buried || buried.from === from) return
  await changeBuild(ledger, build, (now) => ({ ...now, buriedTo: Math.max(now.buriedTo ?? 0, buried.from) }))
}

/** A share of the time that is left now. */
function shareOf({ remainingMs }: Deadline, share: number): Deadline {
  const restMs = remainingMs() * (1 - share)
  return { remainingMs: () => remainingMs() - restMs }
}
