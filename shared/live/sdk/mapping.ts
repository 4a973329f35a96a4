import {
  GetEventSourceMappingCommand,
  type LambdaClient,
  UpdateEventSourceMappingCommand,
} from '@aws-sdk/client-lambda'
import type { Mapping } from '../ports.ts'

/**
 * {@link Mapping} over Lambda.
 * @param client With the SDK's own retries: these two calls are rare and may be repeated.
 * @param id UUID of the event source mapping.
 */
export function sdkMapping(client: LambdaClient, id: string): Mapping {
  return {
    async set(enabled) {
      try {
        await client.send(new UpdateEventSourceMappingCommand({ UUID: id, Enabled: enabled }))
      } catch (error) {
        // The mapping is changing at the moment. The caller reads its state and retries anyway.
        if ((error as Error).name !== 'ResourceInUseException' && (error as Error).name !== 'ResourceConflictException')
          throw error
      }
    },
    async state() {
      const { State } = await client.send(new GetEventSourceMappingCommand({ UUID: id }))
      return State === 'Enabled' || State === 'Disabled' ? State : 'changing'
    },
  }
}
