import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams'
import { LambdaClient } from '@aws-sdk/client-lambda'
import { startCapture } from '../shared/live/capture.ts'
import { retryingStream } from '../shared/live/retrying.ts'
import { sdkMapping } from '../shared/live/sdk/mapping.ts'
import { sdkStream } from '../shared/live/sdk/stream.ts'
import { enterPhase } from '../shared/run/phase.ts'
import { door } from './wiring/door.ts'
import { environment, http, ledger, runtime } from './wiring/world.ts'

const mapping = sdkMapping(new LambdaClient({ requestHandler: http }), environment.mapping ?? '')
const streams = new DynamoDBStreamsClient({ maxAttempts: 1, requestHandler: http })

/** Turns live changes on and says whether they are; asked again until they are. */
export const handler = door(async (task: { run: string }) => {
  const { schema } = await enterPhase(task.run, 'Capture', { ledger, runtime })
  return startCapture(task, {
    ledger,
    stream: retryingStream(sdkStream(streams, environment.stream ?? '', schema), runtime),
    mapping,
    clock: runtime.clock,
    slackMs: environment.options.streamSlackSeconds * 1000,
  })
})
