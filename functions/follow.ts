import { LambdaClient } from '@aws-sdk/client-lambda'
import { sdkMapping } from '../shared/live/sdk/mapping.ts'
import { followRun } from '../shared/phases/monitor-stream.ts'
import { wire } from './wiring/handler.ts'
import { streamEngine } from './wiring/stream.ts'
import { environment, http, ledger } from './wiring/world.ts'

const mapping = sdkMapping(new LambdaClient({ requestHandler: http }), environment.mapping ?? '')

/** Every few minutes: moves drain's cursors over what has been applied, and notes how far behind live changes are. */
export const handler = wire((_: unknown, context) =>
  followRun(environment.options.destinationTable, ledger, mapping, (run) => streamEngine(run, context)),
)
