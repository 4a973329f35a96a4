import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SFNClient } from '@aws-sdk/client-sfn'
import { describe, expect, test } from 'vitest'
import { sdkRunExecutions } from '../../../cli/executions.ts'
import type { RunExecutions } from '../../../shared/operator/engine.ts'

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

/** The run machine by a real client, of a server that gives the same answer to all. */
async function answering<T>(status: number, body: string, ask: (executions: RunExecutions) => Promise<T>): Promise<T> {
  const server = createServer(
    (request, response) => void request.resume().on('end', () => response.writeHead(status).end(body)),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const client = new SFNClient({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  })
  try {
    return await ask(sdkRunExecutions(client, 'arn:machine'))
  } finally {
    client.destroy()
    server.close()
  }
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

  const html = '<html><body><h1>Service Unavailable</h1></body></html>'
  test.each([
    [500, 'an empty object', '{}'],
    [502, 'a page', html],
    [503, 'nothing', ''],
    [503, 'a page', html],
    [504, 'a message', '{"message":"Endpoint request timed out"}'],
    [429, 'a page', html],
  ])('is unknown while what stands before the service answers %i and %s', async (status, _, body) => {
    expect(await answering(status, body, (executions) => executions.describe('arn'))).toEqual({ status: 'unknown' })
  })

  test('is not told by an answer that says the request is wrong', async () => {
    const body = '{"__type":"InvalidArn","message":"no arn"}'
    await expect(answering(400, body, (executions) => executions.describe('arn'))).rejects.toThrow('no arn')
  })

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
