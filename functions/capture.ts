import { LambdaClient } from '@aws-sdk/client-lambda'
import { startCapture } from '../shared/live/capture.ts'
import { sdkMapping } from '../shared/live/sdk/mapping.ts'
import { enterPhase } from '../shared/run/phase.ts'
import { door } from './wiring/door.ts'
import { environment, http, ledger, runtime } from './wiring/world.ts'

const mapping = sdkMapping(new LambdaClient({ requestHandler: http }), environment.mapping ?? '')

/** Turns live changes on and says whether they are; asked again until they are. */
export const handler = door(async (task: { run: string }) => {
  await enterPhase(task.run, 'Capture', { ledger, runtime })
  return startCapture(task, {
    ledger,
    stream: environment.stream ?? '',
    mapping,
    clock: runtime.clock,
    slackMs: environment.options.streamSlackSeconds * 1000,
  })
})
