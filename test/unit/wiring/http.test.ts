import { createServer, type Server, type Socket } from 'node:net'
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb'
import { afterEach, expect, it } from 'vitest'
import { httpHandler } from '../../../functions/wiring/http.ts'
import { calling } from '../../../shared/dynamodb/sdk/errors.ts'

let server: Server
const sockets: Socket[] = []
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy()
  server.close()
})

/** A client of a server that accepts, takes the request, and says only `answer`. */
async function clientOf(answer: string): Promise<DynamoDBClient> {
  server = createServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => {}).once('data', () => socket.write(answer))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  return new DynamoDBClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
    requestHandler: httpHandler({ connectMs: 100, responseMs: 100 }),
  })
}

it.each([
  ['nothing', ''],
  ['the head of an answer and no more', 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"TableNames":'],
])(
  'a server that accepts and sends %s is given up as unavailable',
  async (_, answer) => {
    const client = await clientOf(answer)
    const call = calling('ListTables', 'none', () => client.send(new ListTablesCommand({})))
    await expect(call).rejects.toMatchObject({ name: 'DynamoDbError', code: 'unavailable', retryable: true })
    await expect(client.send(new ListTablesCommand({}))).rejects.toMatchObject({ name: 'TimeoutError' })
  },
  10_000,
)
