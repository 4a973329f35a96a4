import { parseRequest } from '../../config/options.ts'
import { isEmpty } from '../../dynamodb/is-empty.ts'
import { tableIdsOf } from '../../dynamodb/sdk/describe.ts'
import type { TaggedTable } from '../../dynamodb/sdk/tags.ts'
import type { Ended } from '../halt.ts'
import { type Held, takeLease, type Waiting } from '../lease.ts'
import { ledgerTag } from '../ledger-tag.ts'
import type { Executions, Stacks } from '../ports.ts'
import { orRefused, type Refused } from '../refusal.ts'
import type { Handler, Migrating, World } from './world.ts'

/** Tags of tables. */
export interface Tags {
  read(table: TaggedTable, key: string): Promise<string | undefined>
  write(table: TaggedTable, key: string, value: string): Promise<void>
}

/** Takes the lease on the destination and begins or resumes the run. */
export function leaseHandler(
  world: World & Migrating & { executions: Executions; stacks: Stacks; stack: string; ledgerName: string; tags: Tags },
): Handler<{ execution: string; input: unknown; split?: boolean }, Held | Waiting | Ended | Refused> {
  const {
    options,
    codeHash,
    searchHash,
    ledger,
    runtime,
    executions,
    stacks,
    stack,
    migrations,
    describeTable,
    openTable,
  } = world
  const { tags, ledgerName } = world
  const { sourceTable: source, destinationTable: destination, segments, concurrency, sliceSeconds } = options
  return ({ execution, input, split }) =>
    orRefused(async () => {
      const request = parseRequest(input)
      const to = await describeTable(destination)
      // Indices are built of the destination alone, perhaps long after the source is gone.
      const from = request.only === 'index' ? undefined : await describeTable(source)
      const { schema } = to
      return takeLease(
        execution,
        { ...request, split: split ?? request.split },
        {
          ...{
            ledger,
            executions,
            stacks,
            stack,
            runtime,
            source,
            destination,
            schema,
            codeHash,
            searchHash,
            segments,
            concurrency,
            sliceSeconds,
          },
          tableIds: tableIdsOf(from, to),
          marks: {
            ledgerName,
            ledgerOfSource: async () => from && tags.read(from, ledgerTag),
            markDestination: () => tags.write(to, ledgerTag, ledgerName),
          },
          migrations: await migrations(),
          isEmpty: () => isEmpty(openTable(destination, schema)),
        },
      )
    })
}
