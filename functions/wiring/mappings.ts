import { LambdaClient } from '@aws-sdk/client-lambda'
import { sdkMapping } from '../../shared/live/sdk/mapping.ts'
import type { MappingWorld } from '../../shared/phases/handlers/world.ts'
import { environment, http } from './world.ts'

const client = new LambdaClient({ requestHandler: http })
const { mapping, indexMapping } = environment

/** The event source mappings of the feeds that this deployment has. */
export const mappings: MappingWorld['mappings'] = {
  ...(mapping && { source: sdkMapping(client, mapping) }),
  ...(indexMapping && { index: sdkMapping(client, indexMapping) }),
}
