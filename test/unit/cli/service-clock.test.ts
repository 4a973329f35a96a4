import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb'
import { describe, expect, test } from 'vitest'
import { serviceClock } from '../../../cli/service-clock.ts'

const noon = Date.UTC(2026, 10, 26, 12)

/** The clock of a machine that shows `local` while the service says that it is noon. */
async function clockOf(local: number, date: string | undefined = new Date(noon).toUTCString()) {
  const server = createServer((request, response) => {
    response.sendDate = false
    if (date !== '') response.setHeader('Date', date)
    request.resume().on('end', () => response.end('{}'))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const client = new DynamoDBClient({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  })
  const clock = serviceClock(client, () => local)
  const before = clock()
  await client.send(new GetItemCommand({ TableName: 't', Key: { pk: { S: 'a' } } }))
  client.destroy()
  server.close()
  return { before, after: clock() }
}

describe('the clock of the service', () => {
  test.each([3_600_000, -3_600_000, 5_000])(
    'is that of its responses where this machine is off by %i ms',
    async (off) => {
      expect(await clockOf(noon + off)).toEqual({ before: noon + off, after: noon })
    },
  )

  test('is that of this machine where the two are the same second, or the service says no time', async () => {
    expect((await clockOf(noon + 900)).after).toBe(noon + 900)
    expect((await clockOf(noon + 3_600_000, '')).after).toBe(noon + 3_600_000)
  })
})
