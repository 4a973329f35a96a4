import { createServer, type Server } from 'node:http'
import { GetItemCommand } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { openClients } from '../../../cli/clients.ts'
import { filesWith } from './recorder.ts'

const get = new GetItemCommand({ TableName: 'ledger', Key: { pk: { S: 'a' } } })
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
let server: Server
let endpoint: string
let asked = 0

/** A service that fails in a way that the SDK would retry. */
beforeAll(async () => {
  server = createServer((_, response) => {
    asked++
    response.writeHead(500, { 'content-type': 'application/x-amz-json-1.0' })
    response.end('{"__type":"InternalServerError"}')
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  endpoint = `http://127.0.0.1:${(server.address() as { port: number }).port}`
  vi.stubEnv('AWS_ENDPOINT_URL', endpoint)
  vi.stubEnv('AWS_REGION', 'us-east-1')
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test')
  vi.stubEnv('SEGUE_OPTIONS', JSON.stringify({ sourceTable: 'source', destinationTable: 'destination' }))
  for (const name of ['CODE_HASH', 'STACK', 'LEDGER_TABLE', 'MANIFEST_BUCKET', 'STREAM', 'AUDIT_TABLE'])
    vi.stubEnv(`SEGUE_${name}`, name)
})

beforeEach(() => {
  asked = 0
})

afterAll(() => {
  vi.unstubAllEnvs()
  server.close()
})

describe('a failed call is sent once, because the engine retries by itself:', () => {
  it('by the functions, to tables and ledger', async () => {
    const { dynamodb } = await import('../../../functions/wiring/world.ts')
    await expect(dynamodb.send(get)).rejects.toMatchObject({ name: 'InternalServerError' })
    expect(asked).toBe(1)
  })

  it('by the functions, to the stream', async () => {
    const { streamWorld } = await import('../../../functions/wiring/stream.ts')
    const stream = streamWorld.openStream({ pk: { name: 'pk', type: 'S' } }, 'source')
    await expect(stream.shards()).rejects.toMatchObject({ code: 'unavailable' })
    expect(asked).toBe(1)
  })

  it('by the commands', async () => {
    const { dynamodb } = openClients({ endpoint, region: 'us-east-1', credentials })
    await expect(dynamodb.send(get)).rejects.toMatchObject({ name: 'InternalServerError' })
    expect(asked).toBe(1)
  })

  it('nobody else makes a client of tables or streams: another belongs into these tests', () => {
    expect(filesWith(/new DynamoDB\w*Client/g)).toEqual({
      'cli/clients.ts': 1,
      'functions/wiring/stream.ts': 1,
      'functions/wiring/world.ts': 1,
    })
  })
})
