import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams'
import { sdkStream } from '../../shared/live/sdk/stream.ts'
import type { StreamWorld } from '../../shared/phases/handlers/world.ts'
import { environment, http, world } from './world.ts'

const client = new DynamoDBStreamsClient({ maxAttempts: 1, requestHandler: http })
const slackMs = environment.options.streamSlackSeconds * 1000

/** For the functions that read a stream themselves, beside its mapping. */
export const streamWorld: StreamWorld = {
  ...world,
  openStream: (schema, feed) =>
    sdkStream(client, (feed === 'index' ? environment.destinationStream : environment.stream) ?? '', schema),
  silenceMs: slackMs,
  slackMs,
}
