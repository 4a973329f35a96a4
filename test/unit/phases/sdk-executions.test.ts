import type { SFNClient } from '@aws-sdk/client-sfn'
import { describe, expect, it } from 'vitest'
import { sdkExecutions } from '../../../shared/phases/sdk-executions.ts'

const failing = (name: string) => Object.assign(new Error('no'), { name })

describe('what Step Functions says of an execution', () => {
  it.each<[string, object, string]>([
    ['that runs', { status: 'RUNNING' }, 'running'],
    ['that waits to be redriven', { status: 'PENDING_REDRIVE' }, 'running'],
    ['that was stopped', { status: 'ABORTED' }, 'ended'],
    ['that it does not know: it may have begun a moment ago', failing('ExecutionDoesNotExist'), 'absent'],
    ['while it does not respond', failing('ThrottlingException'), 'unknown'],
  ])('%s', async (_, answer, status) => {
    const client = {
      async send() {
        if (answer instanceof Error) throw answer
        return answer
      },
    } as unknown as SFNClient
    expect(await sdkExecutions(client).status('arn')).toBe(status)
  })
})
