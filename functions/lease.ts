import { SFNClient } from '@aws-sdk/client-sfn'
import { parseRequest } from '../shared/config/options.ts'
import { isEmpty } from '../shared/dynamodb/is-empty.ts'
import { describeTable } from '../shared/dynamodb/sdk/describe.ts'
import { takeLease } from '../shared/phases/lease.ts'
import { orRefused } from '../shared/phases/refusal.ts'
import { sdkExecutions } from '../shared/phases/sdk-executions.ts'
import { wire } from './wiring/handler.ts'
import { userMigrations } from './wiring/migrations.ts'
import { dynamodb, environment, http, ledger, openTable, runtime } from './wiring/world.ts'

const executions = sdkExecutions(new SFNClient({ requestHandler: http }))

/** Takes the lease on the destination and begins or resumes the run. */
export const handler = wire(({ execution, input, split }: { execution: string; input: unknown; split?: boolean }) =>
  orRefused(async () => {
    const { options, codeHash } = environment
    const request = parseRequest(input)
    const { schema } = await describeTable(dynamodb, options.destinationTable)
    return takeLease(
      execution,
      { ...request, split: split ?? request.split },
      {
        ledger,
        executions,
        runtime,
        source: options.sourceTable,
        destination: options.destinationTable,
        schema,
        migrations: await userMigrations(),
        codeHash,
        segments: options.segments,
        isEmpty: () => isEmpty(openTable(options.destinationTable, schema)),
      },
    )
  }),
)
