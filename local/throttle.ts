import { type DynamoDBClient, ResourceNotFoundException, UpdateTableCommand } from '@aws-sdk/client-dynamodb'
import { LocalError } from './errors.ts'

/** The most units a second that a table may take; absent: as many as are asked for. */
export interface Maximum {
  readUnits?: number
  writeUnits?: number
}

/** The service's word for "no maximum". */
const NONE = -1

/**
 * Sets the maximum throughput of a table on demand, which takes effect at once: `UpdateTable` with `OnDemandThroughput`.
 * Calls beyond it are throttled. It also works on AWS, within minutes.
 * @throws LocalError `no-table`.
 */
export async function throttle(client: DynamoDBClient, table: string, maximum: Maximum): Promise<void> {
  const { readUnits = NONE, writeUnits = NONE } = maximum
  const OnDemandThroughput = { MaxReadRequestUnits: readUnits, MaxWriteRequestUnits: writeUnits }
  try {
    await client.send(new UpdateTableCommand({ TableName: table, OnDemandThroughput }))
  } catch (error) {
    if (!(error instanceof ResourceNotFoundException)) throw error
    throw new LocalError(
      'no-table',
      `Expected the name of a local table, got ${table}. \`npm run local -- status\` shows them.`,
    )
  }
}
