import { functions } from '../../config/functions-and-permissions.ts'
import type { Executions } from '../ports.ts'
import { type SweepEngine, type Swept, sweep } from '../sweep.ts'
import type { Handler, World } from './world.ts'

/** Every minute: ends what nobody drives any more, and announces aborts. */
export function watchdogHandler(
  world: World & { executions: Executions } & Pick<SweepEngine, 'mapping'>,
): Handler<unknown, Swept> {
  const { options, ledger, runtime, executions, mapping } = world
  const { destinationTable: destination, sliceSeconds } = options
  const liveSeconds = functions.live.seconds
  return () =>
    sweep({
      ...{ ledger, runtime, executions, destination, liveSeconds, sliceSeconds },
      ...(mapping && { mapping }),
    })
}
