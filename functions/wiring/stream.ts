import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams'
import { sdkStream } from '../../shared/live/sdk/stream.ts'
import type { StreamWorld } from '../../shared/phases/handlers/world.ts'
import { environment, http, world } from './world.ts'

const client = new DynamoDBStreamsClient({ maxAttempts: 1, requestHandler: http })
const slackMs = environment.options.streamSlackSeconds * 1000

/** For the functions that read the stream themselves, beside the mapping. */
export const streamWorld: StreamWorld = {
  ...world,
  openStream: (schema) => sdkStream(client, environment.stream ?? '', schema),
  silenceMs: slackMs,
  slackMs,
}
