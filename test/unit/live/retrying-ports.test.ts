import { expect, it } from 'vitest'
import { DynamoDbError } from '../../../shared/dynamodb/errors.ts'
import { beginCapture } from '../../../shared/ledger/capture.ts'
import { headPut, readHead } from '../../../shared/ledger/heads.ts'
import { listShards } from '../../../shared/live/listed-shards.ts'
import type { LiveTables } from '../../../shared/live/ports.ts'
import { retryingLiveTables, retryingStream } from '../../../shared/live/retrying-ports.ts'
import { key, run, world } from './world.ts'

const put = (version: number) =>
  headPut(run, { key: key('x'), op: 'delete', sources: { a: '1' }, contested: false, version }, undefined, 0)

async function failing(
  fail: (tables: LiveTables, args: Parameters<LiveTables['commit']>, time: number) => ReturnType<LiveTables['commit']>,
) {
  const { engine, ledger } = await world()
  let time = 0
  const tables: LiveTables = { commit: (...args) => fail(engine.tables, args, time++) }
  return { tables: retryingLiveTables(tables, ledger, engine.runtime), ledger }
}

it.each(['conflict', 'throttled', 'unavailable'] as const)(
  'a commit that failed as %s is tried again',
  async (code) => {
    const { tables, ledger } = await failing(async (inner, args, time) => {
      if (time < 2) throw new DynamoDbError(code, '')
      return inner.commit(...args)
    })
    expect(await tables.commit([{ row: put(1) }])).toBe(true)
    expect(await readHead(ledger, run, key('x'))).toMatchObject({ version: 1 })
  },
)

it('a commit whose answer was lost is recognised by its head', async () => {
  const { tables } = await failing(async (inner, args, time) => {
    const answer = await inner.commit(...args)
    if (time === 0) throw new DynamoDbError('unavailable', '')
    return answer
  })
  expect(await tables.commit([{ row: put(1) }])).toBe(true)
})

it("another's head is not taken for one's own", async () => {
  const { tables } = await failing(async (inner, args, time) => {
    if (time > 0) return inner.commit(...args)
    await inner.commit([{ row: put(7) }])
    throw new DynamoDbError('unavailable', '')
  })
  expect(await tables.commit([{ row: put(1) }])).toBe(false)
})

it('a head that moved is told at once, and what is wrong for good is thrown', async () => {
  const moved = await failing(async () => false)
  expect(await moved.tables.commit([{ row: put(1) }])).toBe(false)
  const broken = await failing(async () => {
    throw new DynamoDbError('invalid-request', 'too large')
  })
  await expect(broken.tables.commit([{ row: put(1) }])).rejects.toThrow('too large')
})

it('a throttled stream is read again, and the list of its shards from the page that failed', async () => {
  const { engine } = await world()
  let calls = 0
  const once = async <T>(answer: T) => {
    if (calls++ % 2 === 0) throw new DynamoDbError('throttled', '')
    return answer
  }
  const pages: (string | undefined)[] = []
  const stream = retryingStream(
    {
      arn: 'arn:stream',
      async shards(after) {
        pages.push(after)
        const shard = { id: `s${after ?? ''}`, ended: false }
        return once({ shards: [shard], ...(pages.length < 4 && { next: '1' }), enabled: true })
      },
      open: () => once({ next: () => once({ records: [], closed: true }) }),
    },
    engine.runtime,
  )
  await beginCapture(engine.ledger, run, { since: engine.runtime.clock(), stream: 'arn:stream' })
  const listed = await listShards(stream, run, engine.ledger, engine.runtime.clock)
  expect(listed).toMatchObject([{ cursor: { shard: 's' } }, { cursor: { shard: 's1' } }])
  expect(pages).toEqual([undefined, undefined, '1', '1'])
  expect(await (await stream.open('s', undefined)).next()).toEqual({ records: [], closed: true })
})
