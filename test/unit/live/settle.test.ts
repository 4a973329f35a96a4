import { describe, expect, it } from 'vitest'
import { encodeKey } from '../../../shared/dynamodb/key.ts'
import { headBucketOf, headBuckets, readHead } from '../../../shared/ledger/heads.ts'
import { bucketOf, digest, shards } from '../../../shared/ledger/keys.ts'
import { pageRows } from '../../../shared/ledger/pages.ts'
import { listQuarantine, quarantine } from '../../../shared/ledger/quarantine.ts'
import { applyRecord } from '../../../shared/live/apply.ts'
import type { ListPlace } from '../../../shared/live/list-work.ts'
import { settleHead } from '../../../shared/live/settle.ts'
import { type SettleEngine, settleBuckets } from '../../../shared/live/settle-all.ts'
import { migrationsOf } from '../../code.ts'
import { item, key, output, record, run, world } from './world.ts'

const engineWith = (engine: object, remaining: () => number = () => 60_000) =>
  ({ ...engine, deadline: { remainingMs: remaining }, code: migrationsOf() }) as SettleEngine
const start = { shard: 0, after: '' }
const task = { run, fence: 1, from: start }

describe('settling a head', () => {
  it('removes what a stale page brought back', async () => {
    const { engine, destination, items } = await world()
    await applyRecord(record(1, { old: item('a', ['x']) }), engine)
    destination.store(output('x'))
    await settleHead(key('x'), 'q', engine)
    expect(items()).toEqual({})
  })

  it('puts what any of its source items makes now', async () => {
    const { engine, source, items } = await world()
    await applyRecord(record(9, { old: item('a', ['x']), new: item('a', ['z']) }), engine)
    await applyRecord(record(1, { new: item('b', ['x'], 5) }), engine)
    source.store(item('b', ['x'], 6))
    await settleHead(key('x'), 'q', engine)
    expect(items().x).toEqual(output('x', 6))
  })

  it('deletes what its source item no longer makes because it cannot be migrated', async () => {
    const { engine, source, destination, items } = await world()
    await applyRecord(record(1, { old: item('a', ['x']), new: item('a', ['poison']) }), engine)
    source.store(item('a', ['poison']))
    destination.store(output('x'))
    await settleHead(key('x'), 'q', engine)
    expect(items()).toEqual({})
  })

  it('chooses the smallest source key where several make the item, and says so', async () => {
    const { engine, source, items, events } = await world()
    for (const name of ['c', 'b']) {
      source.store(item(name, ['x'], name === 'b' ? 2 : 3))
      await applyRecord(record(1, { new: item(name, ['x'], 1) }), engine)
    }
    await settleHead(key('x'), 'q', engine)
    expect(items()).toEqual({ x: output('x', 2) })
    expect(events).toContainEqual({ code: 'item.collision', run, sources: 2, key: '["S:x"]' })
  })

  it('starts over when a live change comes between its read and its write', async () => {
    const { engine, source, destination, items } = await world()
    await applyRecord(record(1, { old: item('a', ['x']) }), engine)
    destination.store(output('x'))
    let reads = 0
    const interrupted = {
      ...engine,
      source: {
        get: async (keys: Parameters<typeof source.get>[0]) => {
          const found = await source.get(keys)
          if (reads++ === 0) {
            source.store(item('a', ['x'], 2))
            await applyRecord(record(2, { new: item('a', ['x'], 2) }), engine)
          }
          return found
        },
      },
    }
    await settleHead(key('x'), 'q', interrupted)
    expect(items()).toEqual({ x: output('x', 2) })
  })

  it('leaves alone what is settled in this period, and what never was in doubt', async () => {
    const { engine, ledger } = await world()
    await applyRecord(record(1, { new: item('a', ['x']) }), engine)
    await applyRecord(record(1, { old: item('b', ['y']) }), engine, 'q')
    for (const name of ['x', 'y', 'nowhere']) await settleHead(key(name), 'q', engine)
    expect(await readHead(ledger, run, key('x'))).toMatchObject({ version: 1 })
    expect(await readHead(ledger, run, key('y'))).toMatchObject({ version: 1 })
  })
})

describe('settling all heads', () => {
  it('settles every head that may be wrong', async () => {
    const { engine, destination, items, control } = await world()
    for (let i = 0; i < 200; i++) {
      await applyRecord(record(1, { old: item(`a${i}`, [`x${i}`]) }), engine)
      destination.store(output(`x${i}`))
    }
    await control({ quiet: 'q' })
    expect(await settleBuckets(task, engineWith(engine))).toEqual({ outcome: 'done' })
    expect(items()).toEqual({})
  })

  it('takes cured and vanished items off the quarantine list, and keeps the others', async () => {
    const { engine, source, ledger, control } = await world()
    const entry = (name: string) => ({ key: key(name), migration: 'move', reason: 'up threw', at: 1 })
    await quarantine(ledger, run, ['cured', 'gone', 'bad'].map(entry))
    source.store(item('cured', ['x']))
    source.store(item('bad', ['poison']))
    await control({ quiet: 'q' })
    expect(await settleBuckets(task, engineWith(engine))).toEqual({ outcome: 'done' })
    expect((await listQuarantine(ledger, run)).map((each) => each.key)).toEqual([key('bad')])
  })

  it('stops in time, says where, and gets on each time however short', async () => {
    const { engine, control, destination, items } = await world()
    await applyRecord(record(1, { old: item('a', ['x']) }), engine)
    destination.store(output('x'))
    await control({ quiet: 'q' })
    let calls = 0
    const shrinking = () => (calls++ === 0 ? 1_000 : 10)
    const shard = headBucketOf(key('x'))
    const settled = await settleBuckets({ ...task, from: { shard, after: '' } }, engineWith(engine, shrinking))
    expect(settled).toEqual({ outcome: 'more', from: { shard: shard + 1, after: '' } })
    expect(items()).toEqual({})
    calls = 0
    const last = { ...task, from: { shard: headBuckets + shards - 1, after: '' } }
    expect(await settleBuckets(last, engineWith(engine, shrinking))).toEqual({ outcome: 'done' })
  })

  it('gets to its end where a partition of items that are still poison does not fit into an invocation', async () => {
    const { engine, source, ledger, control } = await world()
    await control({ quiet: 'q' })
    // More than a page of them, and time for one group.
    const inOne = Array.from({ length: 80_000 }, (_, i) => `k${i}`)
      .filter((name) => bucketOf(digest(encodeKey(key(name))), shards) === 3)
      .slice(0, pageRows + 100)
    for (const name of inOne) source.store(item(name, ['poison']))
    await quarantine(
      ledger,
      run,
      inOne.map((name) => ({ key: key(name), migration: 'move', reason: 'up threw', at: 1 })),
    )
    const reads: string[] = []
    const get: typeof source.get = (keys) => {
      reads.push(...keys.map(encodeKey))
      return source.get(keys)
    }
    const settle = (from: ListPlace) => {
      const before = reads.length
      const engineInTime = engineWith({ ...engine, source: { get } }, () => (reads.length - before >= 64 ? 10 : 1_000))
      return settleBuckets({ ...task, from }, engineInTime)
    }
    let invocations = 1
    for (let last = await settle(start); last.outcome === 'more'; last = await settle(last.from))
      if (++invocations > 100) throw new Error(`Expected settling to end, but it loops at ${JSON.stringify(last.from)}`)
    expect(reads.toSorted()).toEqual(inOne.map((name) => encodeKey(key(name))).toSorted())
    expect(invocations).toBeGreaterThan(10)
  })

  it.each([
    ['fenced', { fence: 2 }],
    ['aborted', { command: 'abort' }],
  ])('stops when %s', async (reason, change) => {
    const { engine, control } = await world()
    await control({ quiet: 'q', ...change })
    expect(await settleBuckets(task, engineWith(engine))).toEqual({ outcome: 'stopped', reason })
  })

  it('stops under other code than the run was begun with', async () => {
    const { engine, control } = await world()
    await control({ quiet: 'q' })
    const outcome = await settleBuckets(task, { ...engineWith(engine), code: migrationsOf('other') })
    expect(outcome).toEqual({ outcome: 'stopped', reason: 'code changed' })
  })

  it('refuses before quiet', async () => {
    const { engine } = await world()
    await expect(settleBuckets(task, engineWith(engine))).rejects.toMatchObject({ code: 'not-quiet', retryable: false })
  })
})
