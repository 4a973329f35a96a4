import { functions } from '../../config/functions-and-permissions.ts'
import type { AuditLog } from '../../ledger/audit.ts'
import { countSlices } from '../count-slices.ts'
import type { Executions } from '../ports.ts'
import { recordTransitions } from '../record-transitions.ts'
import { type Swept, sweep } from '../sweep.ts'
import type { Notices } from '../watch/alerts.ts'
import { watchRun } from '../watch/watch.ts'
import type { Handler, MappingWorld } from './world.ts'

type SweepWorld = MappingWorld & { executions: Executions }
type WatchWorld = SweepWorld & { notices: Notices; audit: AuditLog; stackName: string | undefined }

/**
 * Every minute: ends what nobody drives any more, announces aborts, counts the slices that share a budget, tells people what is
 * wrong, and records what runs did.
 */
export function watchdogHandler(world: WatchWorld): Handler<unknown, Swept> {
  const sweepOnce = sweepHandler(world)
  const { options, ledger, runtime, notices, audit, stackName: stack } = world
  const destination = options.destinationTable
  return async (event, deadline) => {
    // None of them keeps another back; the first failure is thrown, and so in the log and in the errors of the function.
    const [swept] = await allInTurn([
      () => sweepOnce(event, deadline),
      () => watchRun({ ledger, runtime, notices, stack, destination }),
      () => recordTransitions(ledger, destination, audit),
    ])
    return swept as Swept
  }
}

async function allInTurn(work: (() => Promise<unknown>)[]): Promise<unknown[]> {
  const results: unknown[] = []
  const failures: unknown[] = []
  for (const each of work) results.push(await each().catch((error) => void failures.push(error)))
  if (failures.length > 0) throw failures[0]
  return results
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
