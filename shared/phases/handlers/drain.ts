import type { FeedName } from '../../ledger/feeds.ts'
import { getRun } from '../../ledger/runs.ts'
import type { Deadline } from '../../runtime/ports.ts'
import { type Drained, drainRun } from '../drain.ts'
import { drainIndex } from '../drain-index.ts'
import { newestBuildOf } from '../index-lost.ts'
import { buildStreamEngine, streamEngine } from './engines.ts'
import type { Handler, Migrating, SearchWorld, StreamWorld, Task } from './world.ts'

type DrainWorld = StreamWorld & Migrating & SearchWorld
type DrainEvent = Task & { past: number; feed?: FeedName }

/**
 * Whether every change up to a moment has been applied, by reading the stream: live changes, or those of the newest build of
 * the destination's indices.
 */
export function drainHandler(world: DrainWorld): Handler<DrainEvent, Drained> {
  return async ({ feed, ...task }, deadline) =>
    feed === 'index' ? drainBuild(task, world, deadline) : drainRun(task, await streamEngine(world, task.run, deadline))
}

async function drainBuild(task: Task & { past: number }, world: DrainWorld, deadline: Deadline): Promise<Drained> {
  const run = await getRun(world.ledger, task.run)
  const build = await newestBuildOf(run, world.ledger)
  return drainIndex(task, run, build, await buildStreamEngine(world, run, build, deadline))
}
