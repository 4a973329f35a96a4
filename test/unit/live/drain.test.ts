import { describe, expect, it } from 'vitest'
import { listCursors } from '../../../shared/ledger/shards.ts'
import { applyRecord } from '../../../shared/live/apply.ts'
import { advance, drain } from '../../../shared/live/drain.ts'
import type { Stream } from '../../../shared/live/ports.ts'
import { hour, minute, streamed } from './streamed.ts'
import { item, key, record, run } from './world.ts'

describe('draining', () => {
  it('ends once every record of every shard is applied', async () => {
    const { source, applyAll, drained } = await streamed()
    for (let i = 0; i < 100; i++) source.store(item(`a${i}`, [`x${i}`]))
    await applyAll()
    expect(await drained()).toEqual({ outcome: 'drained' })
  })

  it('waits at the first record that is not applied, and says how far behind that is', async () => {
    const { source, engine, stream, time, drained, ledger } = await streamed(1)
    for (const name of ['a', 'b', 'c']) source.store(item(name, [`x${name}`]))
    const [first, , third] = stream.records()
    for (const record of [first, third]) await applyRecord(record!, engine)
    time.now += hour
    expect(await drained()).toMatchObject({ outcome: 'waiting', lagSeconds: 3601 })
    expect(await listCursors(ledger, run)).toMatchObject([{ after: first?.seq, closed: false }])
    await applyRecord(stream.records()[1]!, engine)
    expect(await drained()).toEqual({ outcome: 'drained' })
  })

  it('is not satisfied by a head that was contested before the record', async () => {
    const { source, applyAll, drained } = await streamed()
    source.store(item('a', ['x']))
    source.store(item('b', ['x']))
    await applyAll()
    source.store(item('b', ['x'], 2))
    expect(await drained()).toMatchObject({ outcome: 'waiting' })
    await applyAll()
    expect(await drained()).toEqual({ outcome: 'drained' })
  })

  it('takes a poisoned item as applied once it is listed, and one that yields nothing at once', async () => {
    const { source, applyAll, drained } = await streamed()
    source.store(item('nothing', []))
    expect(await drained()).toEqual({ outcome: 'drained' })
    source.store(item('bad', ['poison']))
    expect(await drained()).toMatchObject({ outcome: 'waiting' })
    await applyAll()
    expect(await drained()).toEqual({ outcome: 'drained' })
  })

  it('reads parents before children and remembers what has ended', async () => {
    const { source, stream, applyAll, drained, ledger } = await streamed(1)
    for (let i = 0; i < 30; i++) source.store(item(`a${i}`, [`x${i}`]))
    stream.split(stream.all()[0]!.id)
    for (let i = 0; i < 30; i++) source.store(item(`a${i}`, [`x${i}`], 2))
    expect(await drained()).toMatchObject({ outcome: 'waiting', reason: expect.stringContaining('1 shard with') })
    await applyAll()
    expect(await drained()).toEqual({ outcome: 'drained' })
    const cursors = await listCursors(ledger, run)
    expect(cursors.map(({ parent, closed, after }) => [parent === undefined, closed, after !== undefined])).toEqual([
      [true, true, true],
      [false, false, true],
      [false, false, true],
    ])
  })

  it('follows the children of a shard that closes while it looks', async () => {
    const { source, stream, engine, drained, time } = await streamed(1)
    source.store(item('a', ['x']))
    await applyRecord(stream.records()[0]!, engine)
    const past = time.now
    const { sleep } = engine.runtime
    engine.runtime.sleep = async (ms) => {
      engine.runtime.sleep = sleep
      stream.split(stream.all()[0]!.id)
      source.store(item('a', ['x'], 2))
      await sleep(ms)
    }
    expect(await drained(past)).toMatchObject({ outcome: 'waiting' })
  })

  it('ends at a record later than T by more than times are coarse, whether or not it is applied', async () => {
    const { source, time, drained } = await streamed(1)
    const past = time.now
    time.now += 30_000
    source.store(item('early', ['x']))
    expect(await drained(past)).toMatchObject({ outcome: 'waiting' })
    source.delete(key('early'))
    const later = await streamed(1)
    const since = later.time.now
    later.time.now += 2 * minute
    later.source.store(item('late', ['x']))
    expect(await later.drained(since)).toEqual({ outcome: 'drained' })
  })

  it('believes an open shard to have ended only after a minute of silence', async () => {
    const { time, drained } = await streamed()
    const before = time.now
    expect(await drained()).toEqual({ outcome: 'drained' })
    expect(time.now - before).toBeGreaterThanOrEqual(minute)
  })

  it('stops in time and goes on from its cursors', async () => {
    const { source, applyAll, engine, ledger } = await streamed(1)
    for (let i = 0; i < 30; i++) source.store(item(`a${i}`, [`x${i}`]))
    await applyAll()
    let looks = 0
    const short = { ...engine, deadline: { remainingMs: () => (looks++ < 7 ? 1000 : 1) } }
    expect(await drain({ run, fence: 1, past: engine.runtime.clock() }, short)).toMatchObject({ outcome: 'more' })
    expect((await listCursors(ledger, run))[0]?.after).toBeDefined()
  })

  /** Shards, each of which takes a second to read and always has more. */
  function busyStream(time: { now: number }, shards: number, read: Set<string>): Stream {
    const all = Array.from({ length: shards }, (_, i) => ({ id: `shard-${i}`, ended: false }))
    return {
      arn: 'arn:stream:source',
      shards: async () => ({ shards: all, enabled: true }),
      open: async (id) => ({
        async next() {
          time.now += 1_000
          read.add(id)
          return { records: [record(1, { new: item('a', []) }, time.now)], closed: false }
        },
      }),
    }
  }

  it('stops in time where one read of every shard takes longer', async () => {
    const { engine, time } = await streamed()
    const until = time.now + 5 * minute
    const deadline = { remainingMs: () => until - time.now }
    const stream = busyStream(time, 400, new Set())
    const found = await drain({ run, fence: 1, past: time.now + hour }, { ...engine, stream, deadline })
    expect(found).toMatchObject({ outcome: 'more' })
    expect(time.now).toBeLessThan(until)
  })

  it('reads every shard in time, although no look has time for all', async () => {
    const { engine, time } = await streamed()
    const read = new Set<string>()
    const stream = busyStream(time, 100, read)
    for (const drawn of [0.9, 0.1, 0.5, 0.3, 0.7]) {
      const until = time.now + minute / 2
      const deadline = { remainingMs: () => until - time.now }
      const runtime = { ...engine.runtime, random: () => drawn }
      await drain({ run, fence: 1, past: time.now + hour }, { ...engine, runtime, stream, deadline })
    }
    expect(read.size).toBe(100)
  })

  it('says, when it stops in time, how old at most what it has not read is, so that lag is seen under load', async () => {
    const { source, applyAll, time, engine } = await streamed(1)
    for (let i = 0; i < 30; i++) source.store(item(`a${i}`, [`x${i}`]))
    await applyAll()
    time.now += 7 * hour
    let looks = 0
    const short = { ...engine, deadline: { remainingMs: () => (looks++ < 7 ? 1000 : 1) } }
    expect(await advance({ run, fence: 1 }, short)).toEqual({ outcome: 'more', lagSeconds: 7 * 3_600 + 1 })
  })

  it('counts nothing from before capture as unread', async () => {
    const { source, engine, ledger, time } = await streamed(1, -7 * hour)
    for (let i = 0; i < 30; i++) source.store(item(`a${i}`, [`x${i}`]))
    time.now += 7 * hour + 10_000
    let looks = 0
    const short = { ...engine, deadline: { remainingMs: () => (looks++ < 7 ? 1000 : 1) } }
    expect(await advance({ run, fence: 1 }, short)).toEqual({ outcome: 'more', lagSeconds: 11 })
    expect(await listCursors(ledger, run)).toMatchObject([{ closed: false }])
  })

  it('stops when the run is aborted or has a newer owner', async () => {
    const { control, drained } = await streamed()
    await control({ command: 'abort' })
    expect(await drained()).toEqual({ outcome: 'stopped', reason: 'aborted' })
    await control({ command: 'run', fence: 2 })
    expect(await drained()).toEqual({ outcome: 'stopped', reason: 'fenced' })
  })
})

it('advancing moves the cursors without waiting a minute', async () => {
  const { source, applyAll, engine, time, ledger } = await streamed(1)
  for (let i = 0; i < 30; i++) source.store(item(`a${i}`, [`x${i}`]))
  await applyAll()
  const before = time.now
  expect(await advance({ run, fence: 1 }, engine)).toEqual({ outcome: 'drained' })
  expect(time.now - before).toBeLessThan(10_000)
  expect((await listCursors(ledger, run))[0]?.after).toBeDefined()
})
