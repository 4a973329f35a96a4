import { describe, expect, it } from 'vitest'
import { beginCapture, listCursors } from '../../../shared/ledger/shards.ts'
import { applyRecord } from '../../../shared/live/apply.ts'
import { advance, type DrainEngine, drain } from '../../../shared/live/drain.ts'
import type { LiveEngine } from '../../../shared/live/engine.ts'
import { memoryStream } from '../../memory/stream.ts'
import { item, key, run, world } from './world.ts'

const minute = 60_000
const hour = 60 * minute

async function streamed(shards = 4) {
  const made = await world()
  const stream = memoryStream(made.source, () => made.time.now, shards)
  await beginCapture(made.ledger, run, made.time.now)
  const engine: DrainEngine & LiveEngine = {
    ...made.engine,
    stream,
    silenceMs: minute,
    slackMs: minute,
    deadline: { remainingMs: () => 900_000 },
    codeHash: 'code',
  }
  const applyAll = async () => {
    for (const record of stream.records()) await applyRecord(record, made.engine)
  }
  const drained = (past = made.time.now) => drain({ run, fence: 1, past }, engine)
  return { ...made, stream, engine, applyAll, drained }
}

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
    stream.split((await stream.shards())[0]!.id)
    for (let i = 0; i < 30; i++) source.store(item(`a${i}`, [`x${i}`], 2))
    expect(await drained()).toMatchObject({ outcome: 'waiting', reason: expect.stringContaining('1 shards') })
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
      stream.split((await stream.shards())[0]!.id)
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
    const short = { ...engine, deadline: { remainingMs: () => (looks++ < 4 ? 1000 : 1) } }
    expect(await drain({ run, fence: 1, past: engine.runtime.clock() }, short)).toEqual({ outcome: 'more' })
    expect((await listCursors(ledger, run))[0]?.after).toBeDefined()
  })

  it('stops when the run is aborted or has a newer owner', async () => {
    const { control, drained } = await streamed()
    await control({ command: 'abort' })
    expect(await drained()).toEqual({ outcome: 'stopped', reason: 'aborted' })
    await control({ command: 'run', fence: 2 })
    expect(await drained()).toEqual({ outcome: 'stopped', reason: 'fenced' })
  })
})

describe('what was thrown away unread is noticed', () => {
  it('behind a cursor', async () => {
    const { source, stream, time, engine, drained } = await streamed(1)
    source.store(item('a', ['x']))
    await applyRecord(stream.records()[0]!, engine)
    await drained()
    source.store(item('b', ['y']))
    time.now += 25 * hour
    stream.trim(time.now - 24 * hour)
    expect(await drained()).toEqual({ outcome: 'trimmed' })
  })

  it('in a shard that is gone before it was read to its end', async () => {
    const { source, stream, time, drained } = await streamed(1)
    source.store(item('a', ['x']))
    await drained()
    stream.split((await stream.shards())[0]!.id)
    stream.trim(time.now + 1)
    expect(await drained()).toEqual({ outcome: 'trimmed' })
  })

  it('before the first look, when that comes a day after capture began', async () => {
    const { time, drained } = await streamed()
    time.now += 24 * hour
    expect(await drained()).toEqual({ outcome: 'trimmed' })
  })

  it('but a quiet stream that was looked at all along is no loss', async () => {
    const { source, stream, time, engine, applyAll } = await streamed(1)
    source.store(item('a', ['x']))
    await applyAll()
    for (let i = 0; i < 10; i++) {
      expect(await advance({ run, fence: 1 }, engine)).toEqual({ outcome: 'drained' })
      time.now += 4 * hour
      const open = (await stream.shards()).at(-1)!
      stream.split(open.id)
    }
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
