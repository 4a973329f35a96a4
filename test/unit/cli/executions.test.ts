import type { SFNClient } from '@aws-sdk/client-sfn'
import { describe, expect, test } from 'vitest'
import { sdkRunExecutions } from '../../../cli/executions.ts'

/** The run machine behind a service that answers as told. */
function executionsOf(answer: () => Promise<object>) {
  const sent: { input: { name?: string } }[] = []
  const client = {
    send: async (command: { input: object }) => {
      sent.push(command)
      return answer()
    },
  }
  return { sent, executions: sdkRunExecutions(client as unknown as SFNClient, 'arn:machine') }
}

const failing = (error: object) => executionsOf(() => Promise.reject(Object.assign(new Error('no'), error))).executions

describe('how an execution stands', () => {
  test.each(
    // Node's own words, from the system's errno(3) and getaddrinfo(3).
    [
      'ECONNRESET',
      'ECONNREFUSED',
      'ECONNABORTED',
      'EPIPE',
      'ETIMEDOUT',
      'EHOSTUNREACH',
      'ENETUNREACH',
      'ENOTFOUND',
      'EAI_AGAIN',
    ],
  )('is unknown while the network says %s', async (code) => {
    expect(await failing({ code }).describe('arn')).toEqual({ status: 'unknown' })
  })

  test.each(['ThrottlingException', 'TimeoutError', 'ServiceUnavailable', 'InternalServerError'])(
    'is unknown while the service says %s',
    async (name) => {
      expect(await failing({ name }).describe('arn')).toEqual({ status: 'unknown' })
    },
  )

  test('is not told by an error that waiting does not cure', async () => {
    await expect(failing({ name: 'AccessDeniedException' }).describe('arn')).rejects.toThrow('no')
  })
})

test('each start has a name of its own, by which the service knows a request that is sent again', async () => {
  const { sent, executions } = executionsOf(async () => ({ executionArn: 'arn' }))
  await executions.start({})
  await executions.start({})
  const [one, two] = sent.map(({ input }) => input.name)
  expect(one).toMatch(/^[\w-]{1,80}$/)
  expect(two).not.toBe(one)
})
