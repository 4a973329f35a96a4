import { randomUUID } from 'node:crypto'
import {
  DescribeExecutionCommand,
  ListExecutionsCommand,
  type SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn'
import { NETWORK } from '../shared/dynamodb/sdk/errors.ts'
import type { RunExecutions } from '../shared/operator/engine.ts'

/** Errors of the service that a retry may cure. A watcher must survive them, as it must network errors. */
const transient = /Throttl|TooManyRequests|ServiceUnavailable|InternalServer|InternalFailure|TimeoutError/

/** The fields of an SDK error that are read here. A response that is not JSON is a SyntaxError with the HTTP status. */
type SdkError = Error & { code?: string; $metadata?: { httpStatusCode?: number } }

function isTransient({ name, code = '', $metadata }: SdkError): boolean {
  const status = $metadata?.httpStatusCode ?? 0
  return transient.test(name) || NETWORK.has(code) || status >= 500 || status === 429
}

/** {@link RunExecutions} over Step Functions. */
export function sdkRunExecutions(client: SFNClient, stateMachineArn: string): RunExecutions {
  return {
    async describe(executionArn) {
      try {
        const { status, error, cause } = await client.send(new DescribeExecutionCommand({ executionArn }))
        if (status === 'RUNNING' || status === 'PENDING_REDRIVE') return { status: 'running' }
        return { status: 'ended', ...(status && { ended: status }), ...(error && { error }), ...(cause && { cause }) }
      } catch (error) {
        if ((error as SdkError).name === 'ExecutionDoesNotExist') return { status: 'ended', ended: 'FORGOTTEN' }
        if (isTransient(error as SdkError)) return { status: 'unknown' }
        throw error
      }
    },
    // The name makes a retry of the SDK safe: the service starts one execution, not two.
    async start(input, name = randomUUID()) {
      try {
        const { executionArn } = await client.send(
          new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) }),
        )
        return { execution: executionArn as string, isNew: true }
      } catch (error) {
        if ((error as SdkError).name !== 'ExecutionAlreadyExists') throw error
        return { execution: `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`, isNew: false }
      }
    },
    async stop(executionArn, cause) {
      try {
        await client.send(new StopExecutionCommand({ executionArn, error: 'segue.unlock', cause }))
      } catch (error) {
        if ((error as SdkError).name !== 'ExecutionDoesNotExist') throw error
      }
    },
    async running() {
      const command = new ListExecutionsCommand({ stateMachineArn, statusFilter: 'RUNNING', maxResults: 1 })
      try {
        const { executions = [] } = await client.send(command)
        const execution = executions[0]?.executionArn
        return execution === undefined ? { kind: 'no' } : { kind: 'yes', execution }
      } catch (error) {
        if (isTransient(error as SdkError)) return { kind: 'unknown' }
        throw error
      }
    },
  }
}
