import type { DynamoDBStreamEvent } from 'aws-lambda'
import { applyBatch } from '../shared/live/batch.ts'
import { liveFencing, permits } from '../shared/live/fencing.ts'
import { fromLambdaRecord } from '../shared/live/sdk/records.ts'
import { wire } from './wiring/handler.ts'
import { liveEngine } from './wiring/live.ts'
import { environment, ledger, runtime } from './wiring/world.ts'

const { options, codeHash } = environment
const fencing = liveFencing(ledger, options.destinationTable, codeHash, runtime.clock)

/** Applies changes of the source as its stream brings them. Whatever throws makes the whole batch come again. */
export const handler = wire(async ({ Records }: DynamoDBStreamEvent) => {
  const { run } = await fencing()
  const engine = await liveEngine(run, permits(fencing))
  const records = Records.map((record) => fromLambdaRecord(run.schema, record as object))
  await applyBatch(records, { fencing, engine: () => engine })
})
