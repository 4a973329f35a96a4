import { expect, it } from 'vitest'
import { DynamoDbError } from '../../../shared/dynamodb/errors.ts'
import { type ListPlace, workThrough } from '../../../shared/live/list-work.ts'
import { memoryLedgerTable } from '../../memory/ledger-table.ts'

const limitMs = 2_000
const rows = 300

type Failure = Error | undefined

/** A list whose rows take so long each; an invocation that comes to its limit dies. */
async function slowList(msPerRow: number, failing: (row: string) => Failure | Promise<Failure> = () => undefined) {
  const ledger = memoryLedgerTable()
  const name = (i: number) => String(i).padStart(4, '0')
  for (let i = 0; i < rows; i++) await ledger.commit([{ row: { pk: 'LIST', sk: name(i) }, expect: 'any' }])
  const done: string[] = []
  const invoke = (from: ListPlace, stopAfter = Number.POSITIVE_INFINITY) => {
    let now = 0
    const list = {
      pk: 'LIST',
      workOf: (page: { sk: string }[]) =>
        page.map(({ sk }) => ({
          at: sk,
          async work() {
            // 16 at once: each brings the invocation on by its share.
            now += msPerRow / 16
            if (now > limitMs) throw new Error('died at its limit')
            const error = await failing(sk)
            if (error) throw error
            done.push(sk)
          },
        })),
    }
    return workThrough([list], from, {
      ledger,
      deadline: { remainingMs: () => limitMs - now },
      whyStop: async () => (done.length >= stopAfter ? 'fenced' : undefined),
    })
  }
  return { invoke, done }
}

it.each([1, 100, 400, 900])('no invocation comes to its limit where a row takes %i ms', async (msPerRow) => {
  const { invoke, done } = await slowList(msPerRow)
  let from: ListPlace = { shard: 0, after: '' }
  for (let invocations = 0; ; invocations++) {
    const ended = await invoke(from)
    if (ended.outcome === 'done') break
    if (ended.outcome !== 'more' || invocations > rows) throw new Error('Expected more work, and an end')
    from = ended.from
  }
  expect(new Set(done).size).toBe(rows)
  expect(done.length).toBe(rows)
})

it('begins no row once there is a reason to stop', async () => {
  const { invoke, done } = await slowList(1)
  expect(await invoke({ shard: 0, after: '' }, 20)).toEqual({ outcome: 'stopped', reason: 'fenced' })
  expect(done.length).toBeLessThan(20 + 16)
})

it('comes to the end one row at a time where a table takes no more at once', async () => {
  const throttled = new DynamoDbError('throttled', 'too much')
  let atWork = 0
  const { invoke, done } = await slowList(1, async () => {
    atWork++
    await Promise.resolve()
    // Whoever else is at work has used the capacity up.
    const isAlone = atWork === 1
    await Promise.resolve()
    atWork--
    return isAlone ? undefined : throttled
  })
  expect(await invoke({ shard: 0, after: '' })).toEqual({ outcome: 'done' })
  expect(new Set(done).size).toBe(rows)
})

it('keeps the rows of a group that were done before one fails', async () => {
  const throttled = new DynamoDbError('throttled', 'too much')
  const { invoke } = await slowList(1, (row) => (row === '0005' ? throttled : undefined))
  expect(await invoke({ shard: 0, after: '' })).toEqual({ outcome: 'more', from: { shard: 0, after: '0004' } })
})

it('keeps what it has done where a table fails after its retries', async () => {
  const throttled = new DynamoDbError('throttled', 'too much')
  const { invoke } = await slowList(1, (row) => (row === '0200' ? throttled : undefined))
  const ended = await invoke({ shard: 0, after: '' })
  expect(ended).toMatchObject({ outcome: 'more', from: { shard: 0, after: '0199' } })
  // Without progress it is an error, so that it is not tried for ever.
  await expect(invoke({ shard: 0, after: '0199' })).rejects.toThrow('too much')
})
