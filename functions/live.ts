import type { DynamoDBStreamEvent } from 'aws-lambda'
import { fromLambdaRecord } from '../shared/live/sdk/records.ts'
import { liveHandler } from '../shared/phases/handlers/live.ts'
import { wire } from './wiring/handler.ts'
import { liveWorld } from './wiring/live.ts'
import { userMigrations as migrations } from './wiring/migrations.ts'

export const handler = wire(
  liveHandler<DynamoDBStreamEvent>({
    ...liveWorld,
    migrations,
    recordsOf: ({ Records }, schema) => Records.map((record) => fromLambdaRecord(schema, record as object)),
  }),
)
