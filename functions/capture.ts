import { LambdaClient } from '@aws-sdk/client-lambda'
import { startCapture } from '../shared/live/capture.ts'
import { sdkMapping } from '../shared/live/sdk/mapping.ts'
import { enterPhase } from '../shared/run/phase.ts'
import { door } from './wiring/door.ts'
import { environment, ledger, runtime } from './wiring/world.ts'

const mapping = sdkMapping(new LambdaClient(), environment.mapping ?? '')

/** Turns live changes on and says whether they are; asked again until they are. */
export const handler = door(async (task: { run: string }) => {
  await enterPhase(task.run, 'Capture', { ledger, runtime })
  return startCapture(task, {
    ledger,
    mapping,
    clock: runtime.clock,
    slackMs: environment.options.streamSlackSeconds * 1000,
  })
})
