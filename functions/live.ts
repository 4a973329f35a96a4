import type { DynamoDBStreamEvent } from 'aws-lambda'
import { applyBatch } from '../shared/live/batch.ts'
import { liveGate, permits } from '../shared/live/gate.ts'
import { fromLambdaRecord } from '../shared/live/sdk/records.ts'
import { door } from './wiring/door.ts'
import { liveEngine } from './wiring/live.ts'
import { environment, ledger, runtime } from './wiring/world.ts'

const { options, codeHash } = environment
const gate = liveGate(ledger, options.destinationTable, codeHash, runtime.clock)

/** Applies changes of the source as its stream brings them. Whatever throws makes the whole batch come again. */
export const handler = door(async ({ Records }: DynamoDBStreamEvent) => {
  const { run } = await gate()
  const engine = await liveEngine(run, permits(gate))
  const records = Records.map((record) => fromLambdaRecord(run.schema, record as object))
  await applyBatch(records, { gate, engine: () => engine })
})
