import { type Monitored, monitorStream } from '../monitor-stream.ts'
import { mappingOf, streamEngine } from './engines.ts'
import type { Handler, MappingWorld, Migrating, StreamWorld } from './world.ts'

/** Every few minutes: moves drain's cursors past applied changes, and records how far behind live changes are. */
export function monitorStreamHandler(world: StreamWorld & MappingWorld & Migrating): Handler<unknown, Monitored> {
  const { options, ledger } = world
  return (_, deadline) =>
    monitorStream(options.destinationTable, ledger, mappingOf(world, 'source'), (run) =>
      streamEngine(world, run, deadline),
    )
}
