import type { FeedName } from '../../ledger/feeds.ts'
import { getRun } from '../../ledger/runs.ts'
import type { Deadline } from '../../runtime/ports.ts'
import { alive, type Beating } from '../beat.ts'
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
  const phase = ({ feed }: DrainEvent) => (feed === 'index' ? 'Drain index' : 'Drain')
  return alive(world, { phase, waitsFor: 'changes are behind' }, async ({ feed, ...task }, deadline, beat) =>
    feed === 'index'
      ? drainBuild(task, world, deadline, beat)
      : drainRun(task, await streamEngine(world, task.run, deadline), undefined, beat),
  )
}

async function drainBuild(
  task: Task & { past: number },
  world: DrainWorld,
  deadline: Deadline,
  beat: Beating,
): Promise<Drained> {
  const run = await getRun(world.ledger, task.run)
  const build = await newestBuildOf(run, world.ledger)
  return drainIndex(task, run, build, await buildStreamEngine(world, run, build, deadline), beat)
}
