import { DescribeExecutionCommand, type SFNClient } from '@aws-sdk/client-sfn'
import type { Executions } from './ports.ts'

/** {@link Executions} over Step Functions. */
export function sdkExecutions(client: SFNClient): Executions {
  return {
    async status(executionArn) {
      try {
        const { status } = await client.send(new DescribeExecutionCommand({ executionArn }))
        return status === 'RUNNING' || status === 'PENDING_REDRIVE' ? 'running' : 'ended'
      } catch (error) {
        return (error as Error).name === 'ExecutionDoesNotExist' ? 'absent' : 'unknown'
      }
    },
  }
}
