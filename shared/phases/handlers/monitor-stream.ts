import type { FeedName } from '../../ledger/feeds.ts'
import { continueUnless } from '../../ledger/fencing.ts'
import type { Deadline } from '../../runtime/ports.ts'
import { retryingSearch } from '../../search/retrying-search.ts'
import { monitorBuilds } from '../monitor-builds.ts'
import { type Monitored, monitorStream } from '../monitor-stream.ts'
import { buildStreamEngine, mappingOf, streamEngine, ticketEngine } from './engines.ts'
import type { Handler, MappingWorld, Migrating, SearchWorld, StreamWorld } from './world.ts'

type MonitorWorld = StreamWorld & MappingWorld & Migrating & SearchWorld

/**
 * Every few minutes, for each feed: moves drain's cursors past applied changes, and records how far behind they are.
 * Without a feed: live changes.
 */
export function monitorStreamHandler(world: MonitorWorld): Handler<{ feed?: FeedName }, Monitored> {
  const { options, ledger, mappings } = world
  return ({ feed }, deadline) =>
    feed === 'index'
      ? monitorIndices(world, deadline)
      : monitorStream(options.destinationTable, ledger, mappings.source, (run) => streamEngine(world, run, deadline))
}

async function monitorIndices(world: MonitorWorld, deadline: Deadline): Promise<Monitored> {
  const { options, ledger, runtime } = world
  return monitorBuilds(options.destinationTable, {
    ...{ ledger, runtime, deadline },
    mapping: mappingOf(world, 'index'),
    search: retryingSearch(await world.openSearch(), runtime),
    async engineOf(run, build, share) {
      const tickets = await ticketEngine(world, run, build)
      return {
        drain: await buildStreamEngine(world, run, build, share),
        tickets: (whyStop) => ({ ...tickets, ask: continueUnless(whyStop) }),
      }
    },
  })
}
