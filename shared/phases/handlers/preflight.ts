import { parseRequest } from '../../config/options.ts'
import type { Operations } from '../preflight/operations.ts'
import { type PreflightEngine, preflight, type Ready } from '../preflight.ts'
import { orRefused, type Refused } from '../refusal.ts'
import type { Handler, Migrating, World } from './world.ts'

/** For a function that asks what else is done to the tables. */
export interface PreflightWorld extends World, Migrating {
  operations: Operations
  /** Id of the event source mapping of live changes, if any. */
  mappingId: string | undefined
}

/** First state of a run: checks everything that would fail it later, before anything is written. */
export function preflightHandler(world: PreflightWorld): Handler<{ input: unknown }, Ready | Refused> {
  return ({ input }) =>
    orRefused(async () => {
      const request = parseRequest(input)
      await world.migrations()
      return preflight(request, preflightEngine(world))
    })
}

export function preflightEngine(world: PreflightWorld): PreflightEngine {
  const { options, ledger, runtime, streamArn: stream, mappingId: mapping, operations } = world
  return {
    ...{ options, ledger, runtime, stream, mapping, operations },
    describe: world.describeTable,
    open: ({ name, schema }) => world.openTable(name, schema),
  }
}
