import { createServer, type Server, type Socket } from 'node:net'
import { DescribeStacksCommand } from '@aws-sdk/client-cloudformation'
import { ListTablesCommand } from '@aws-sdk/client-dynamodb'
import { GetEventSourceMappingCommand } from '@aws-sdk/client-lambda'
import { DescribeExecutionCommand } from '@aws-sdk/client-sfn'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openClients } from '../../../cli/clients.ts'

let server: Server
const sockets: Socket[] = []

beforeAll(async () => {
  server = createServer((socket) => void sockets.push(socket))
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
})

afterAll(() => {
  for (const socket of sockets) socket.destroy()
  server.close()
})

/** Clients of a service that takes every connection and never answers. */
function silent() {
  const { port } = server.address() as { port: number }
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
  return openClients(
    { endpoint: `http://127.0.0.1:${port}`, region: 'us-east-1', credentials },
    { connectionTimeout: 1_000, requestTimeout: 20 },
  )
}

test.each([
  ['CloudFormation', () => silent().cloudFormation.send(new DescribeStacksCommand())],
  ['DynamoDB', () => silent().dynamodb.send(new ListTablesCommand())],
  ['Lambda', () => silent().lambda.send(new GetEventSourceMappingCommand({ UUID: 'one' }))],
  ['Step Functions', () => silent().stepFunctions.send(new DescribeExecutionCommand({ executionArn: 'arn' }))],
])('a connection to %s on which nothing comes is given up', async (_, ask) => {
  await expect(ask()).rejects.toMatchObject({ name: 'TimeoutError' })
})
