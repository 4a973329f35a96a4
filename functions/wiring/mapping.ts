import { LambdaClient } from '@aws-sdk/client-lambda'
import { sdkMapping } from '../../shared/live/sdk/mapping.ts'
import { environment, http } from './world.ts'

/** The event source mapping that feeds the live function. */
export const mapping = sdkMapping(new LambdaClient({ requestHandler: http }), environment.mapping ?? '')
