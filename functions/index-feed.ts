import type { DynamoDBStreamEvent } from 'aws-lambda'
import { fromLambdaRecord } from '../shared/live/sdk/records.ts'
import { indexFeedHandler } from '../shared/phases/handlers/index-feed.ts'
import { wire } from './wiring/handler.ts'
import { searchWorld } from './wiring/search.ts'

export const handler = wire(
  indexFeedHandler<DynamoDBStreamEvent>({
    ...searchWorld,
    recordsOf: ({ Records }, schema) => Records.map((record) => fromLambdaRecord(schema, record as object)),
  }),
)
