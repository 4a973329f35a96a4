import { parseRequest } from '../shared/config/options.ts'
import { describeTable } from '../shared/dynamodb/sdk/describe.ts'
import { preflight } from '../shared/phases/preflight.ts'
import { orRefused } from '../shared/phases/refusal.ts'
import { wire } from './wiring/handler.ts'
import { userMigrations } from './wiring/migrations.ts'
import { dynamodb, environment, ledger, openTable, runtime } from './wiring/world.ts'

/** First state of a run: everything that would fail it later, looked at before anything is written. */
export const handler = wire(({ input }: { execution: string; input: unknown }) =>
  orRefused(async () => {
    const request = parseRequest(input)
    await userMigrations()
    return preflight(request, {
      describe: (table) => describeTable(dynamodb, table),
      open: ({ name, schema }) => openTable(name, schema),
      options: environment.options,
      ledger,
      stream: environment.stream,
      runtime,
    })
  }),
)
