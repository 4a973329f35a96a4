import { parseRequest } from '../../config/options.ts'
import { preflight, type Ready } from '../preflight.ts'
import { orRefused, type Refused } from '../refusal.ts'
import type { Handler, Migrating, World } from './world.ts'

/** First state of a run: checks everything that would fail it later, before anything is written. */
export function preflightHandler(world: World & Migrating): Handler<{ input: unknown }, Ready | Refused> {
  const { options, ledger, runtime, streamArn, migrations, describeTable, openTable } = world
  return ({ input }) =>
    orRefused(async () => {
      const request = parseRequest(input)
      await migrations()
      return preflight(request, {
        describe: describeTable,
        open: ({ name, schema }) => openTable(name, schema),
        options,
        ledger,
        stream: streamArn,
        runtime,
      })
    })
}
