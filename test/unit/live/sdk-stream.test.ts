import type { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams'
import { expect, it } from 'vitest'
import { sdkStream } from '../../../shared/live/sdk/stream.ts'
import { schema } from './world.ts'

const arn = 'arn:aws:dynamodb:us-east-1:000000000000:table/orders/stream/2026-11-21'
const failure = (name: string) => Object.assign(new Error('no'), { name, $fault: 'client' })

/** A stream whose client answers in turn, and what it was asked. */
function answering(...answers: (object | Error)[]) {
  const asked: object[] = []
  const send = async ({ input }: { input: object }) => {
    asked.push(input)
    const answer = answers.shift()
    if (answer instanceof Error) throw answer
    return answer
  }
  return {
    asked,
    stream: sdkStream({ send, middlewareStack: { add() {} } } as unknown as DynamoDBStreamsClient, arn, schema),
  }
}

it('a shard has ended once it has an ending sequence number', async () => {
  const { stream, asked } = answering({
    StreamDescription: {
      StreamStatus: 'ENABLED',
      LastEvaluatedShardId: 'b',
      Shards: [
        { ShardId: 'a', SequenceNumberRange: { StartingSequenceNumber: '1', EndingSequenceNumber: '2' } },
        { ShardId: 'b', ParentShardId: 'a', SequenceNumberRange: { StartingSequenceNumber: '3' } },
      ],
    },
  })
  expect(await stream.shards('0')).toEqual({
    shards: [
      { id: 'a', ended: true },
      { id: 'b', parent: 'a', ended: false },
    ],
    next: 'b',
    enabled: true,
  })
  expect(asked).toEqual([{ StreamArn: arn, ExclusiveStartShardId: '0' }])
})

it.each([
  ['ENABLING', true],
  ['ENABLED', true],
  ['DISABLING', false],
  ['DISABLED', false],
])('a stream that is %s is enabled: %s', async (StreamStatus, enabled) => {
  expect(await answering({ StreamDescription: { StreamStatus } }).stream.shards()).toEqual({ shards: [], enabled })
})

it('a stream that is forgotten is not enabled, and any other failure is thrown', async () => {
  expect(await answering(failure('ResourceNotFoundException')).stream.shards()).toEqual({ shards: [], enabled: false })
  await expect(answering(failure('LimitExceededException')).stream.shards()).rejects.toMatchObject({
    code: 'throttled',
  })
})

it('a shard that has outlived its records is closed, and says that it was trimmed', async () => {
  const { stream } = answering(failure('ResourceNotFoundException'))
  const reader = await stream.open('a', undefined)
  expect(await reader.next()).toEqual({ records: [], closed: true, trimmed: true })
})

it('a position that was trimmed is told, and the next read goes on at the horizon', async () => {
  const { stream, asked } = answering(failure('TrimmedDataAccessException'), { ShardIterator: 'i' }, { Records: [] })
  const reader = await stream.open('a', '7'.padStart(40, '0'))
  expect(await reader.next()).toEqual({ records: [], closed: false, trimmed: true })
  expect(await reader.next()).toEqual({ records: [], closed: true })
  expect(asked).toMatchObject([
    { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER' },
    { ShardIteratorType: 'TRIM_HORIZON' },
    { ShardIterator: 'i' },
  ])
})

it('a horizon that moves while a shard is read from it is no loss', async () => {
  const { stream } = answering({ ShardIterator: 'i' }, failure('TrimmedDataAccessException'))
  expect(await (await stream.open('a', undefined)).next()).toEqual({ records: [], closed: false, trimmed: false })
})
