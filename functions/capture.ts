import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams'
import { LambdaClient } from '@aws-sdk/client-lambda'
import { getRun } from '../shared/ledger/runs.ts'
import { retryingStream } from '../shared/live/retrying.ts'
import { sdkMapping } from '../shared/live/sdk/mapping.ts'
import { sdkStream } from '../shared/live/sdk/stream.ts'
import { captureRun } from '../shared/phases/capture.ts'
import { wire } from './wiring/handler.ts'
import { environment, http, ledger, runtime } from './wiring/world.ts'

const mapping = sdkMapping(new LambdaClient({ requestHandler: http }), environment.mapping ?? '')
const streams = new DynamoDBStreamsClient({ maxAttempts: 1, requestHandler: http })

/** Turns live changes on and says whether they are; asked again until they are. */
export const handler = wire(async (task: { run: string; fence: number }) => {
  const { schema } = await getRun(ledger, task.run)
  return captureRun(task, {
    ledger,
    runtime,
    stream: retryingStream(sdkStream(streams, environment.stream ?? '', schema), runtime),
    mapping,
    clock: runtime.clock,
    slackMs: environment.options.streamSlackSeconds * 1000,
  })
})
