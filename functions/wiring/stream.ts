import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams'
import type { Context } from 'aws-lambda'
import { getRun } from '../../shared/ledger/runs.ts'
import type { DrainEngine } from '../../shared/live/drain.ts'
import { retryingStream } from '../../shared/live/retrying.ts'
import { sdkStream } from '../../shared/live/sdk/stream.ts'
import { liveEngine } from './live.ts'
import { environment, http, ledger, runtime } from './world.ts'

const client = new DynamoDBStreamsClient({ maxAttempts: 1, requestHandler: http })

/** What the stream of the source is read with, beside the mapping that feeds the live function. */
export async function streamEngine(id: string, context: Context): Promise<DrainEngine> {
  const run = await getRun(ledger, id)
  const { options, stream = '', codeHash } = environment
  return {
    ...(await liveEngine(run)),
    stream: retryingStream(sdkStream(client, stream, run.schema), runtime),
    silenceMs: options.streamSlackSeconds * 1000,
    slackMs: options.streamSlackSeconds * 1000,
    deadline: { remainingMs: () => context.getRemainingTimeInMillis() },
    codeHash,
  }
}
