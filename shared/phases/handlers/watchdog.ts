import { functions } from '../../config/functions-and-permissions.ts'
import { countSlices } from '../count-slices.ts'
import type { Executions } from '../ports.ts'
import { type Swept, sweep } from '../sweep.ts'
import type { Notices } from '../watch/alerts.ts'
import { watchRun } from '../watch/watch.ts'
import type { Handler, MappingWorld } from './world.ts'

type SweepWorld = MappingWorld & { executions: Executions }
type WatchWorld = SweepWorld & { notices: Notices; stackName: string | undefined }

/** Every minute: ends what nobody drives any more, announces aborts, counts slices, and tells people what is wrong. */
export function watchdogHandler(world: WatchWorld): Handler<unknown, Swept> {
  const sweepOnce = sweepHandler(world)
  const { options, ledger, runtime, notices, stackName: stack } = world
  return async (event, deadline) => {
    const swept = await sweepOnce(event, deadline)
    await watchRun({ ledger, runtime, notices, stack, destination: options.destinationTable })
    return swept
  }
}

/** What it does to runs alone. */
export function sweepHandler(world: SweepWorld): Handler<unknown, Swept> {
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
