import { functions } from '../../config/functions-and-permissions.ts'
import type { Executions } from '../ports.ts'
import { type Swept, sweep } from '../sweep.ts'
import type { Handler, MappingWorld } from './world.ts'

/** Every minute: ends what nobody drives any more, and announces aborts. */
export function watchdogHandler(world: MappingWorld & { executions: Executions }): Handler<unknown, Swept> {
  const { options, ledger, runtime, executions, mappings } = world
  const { destinationTable: destination, sliceSeconds } = options
  const liveSeconds = Math.max(functions.live.seconds, functions['index-feed'].seconds)
  return () =>
    sweep({
      ...{ ledger, runtime, executions, destination, liveSeconds, sliceSeconds },
      mappings: Object.values(mappings),
    })
}
