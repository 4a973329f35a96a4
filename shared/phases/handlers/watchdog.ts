import { functions } from '../../config/functions-and-permissions.ts'
import { countSlices } from '../count-slices.ts'
import type { Executions } from '../ports.ts'
import { type Swept, sweep } from '../sweep.ts'
import type { Handler, MappingWorld } from './world.ts'

/** Every minute: ends what nobody drives any more, announces aborts, and counts the slices that share a budget. */
export function watchdogHandler(world: MappingWorld & { executions: Executions }): Handler<unknown, Swept> {
  const { options, ledger, runtime, executions, mappings } = world
  const { destinationTable: destination, sliceSeconds } = options
  const liveSeconds = Math.max(functions.live.seconds, functions['index-feed'].seconds)
  return async () => {
    const swept = await sweep({
      ...{ ledger, runtime, executions, destination, liveSeconds, sliceSeconds },
      mappings: Object.values(mappings),
    })
    await countSlices({ ledger, runtime, destination, concurrency: options.concurrency })
    return swept
  }
}
