import { describe, expect, it } from 'vitest'
import { listCursors } from '../../../shared/ledger/shards.ts'
import { applyRecord } from '../../../shared/live/apply.ts'
import { advance } from '../../../shared/live/drain.ts'
import { migrationsOf } from '../../code.ts'
import { hour, minute, streamed } from './streamed.ts'
import { item, run } from './world.ts'

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
    stream.split(stream.all()[0]!.id)
    time.now += 25 * hour
    stream.trim(time.now - 24 * hour)
    expect(await drained()).toEqual({ outcome: 'trimmed' })
  })

  it('at the beginning of a shard of which nothing was applied', async () => {
    const { source, stream, time, engine, drained, applyAll } = await streamed(1)
    source.store(item('lost', ['x']))
    for (let looks = 0; looks < 13; looks++) {
      expect(await advance({ run, fence: 1 }, engine)).toMatchObject({ outcome: 'waiting' })
      time.now += 2 * hour
      source.store(item(`kept${looks}`, ['y']))
    }
    stream.trim(time.now - 24 * hour)
    await applyAll()
    expect(await drained()).toEqual({ outcome: 'trimmed' })
  })

  it('of a shard nobody has looked at for a day', async () => {
    const { time, drained } = await streamed()
    await drained()
    time.now += 24 * hour
    expect(await drained()).toEqual({ outcome: 'trimmed' })
  })

  it('before the first look, when that comes a day after capture began', async () => {
    const { time, drained } = await streamed()
    time.now += 24 * hour
    expect(await drained()).toEqual({ outcome: 'trimmed' })
  })

  it('while nobody read because other code was deployed', async () => {
    const { source, stream, time, engine, applyAll, drained } = await streamed(1)
    expect(await advance({ run, fence: 1 }, engine)).toEqual({ outcome: 'drained' })
    source.store(item('lost', ['x']))
    for (let looks = 0; looks < 25; looks++) {
      time.now += hour
      const found = await advance({ run, fence: 1 }, { ...engine, code: migrationsOf('other') })
      expect(found).toEqual({ outcome: 'stopped', reason: 'code changed' })
    }
    source.store(item('kept', ['y']))
    stream.trim(time.now - 24 * hour)
    await applyAll()
    expect(await drained()).toEqual({ outcome: 'trimmed' })
  })

  it('while every look ended before it had read anything', async () => {
    const { source, stream, time, engine, applyAll, drained } = await streamed(1)
    source.store(item('lost', ['x']))
    for (let looks = 0; looks < 11; looks++) {
      let asked = 0
      const deadline = { remainingMs: () => (asked++ === 0 ? 1_000 : 0) }
      expect(await advance({ run, fence: 1 }, { ...engine, deadline })).toEqual({ outcome: 'more' })
      time.now += 2 * hour
    }
    time.now += 3 * hour
    source.store(item('kept', ['y']))
    stream.trim(time.now - 24 * hour)
    await applyAll()
    expect(await drained()).toEqual({ outcome: 'trimmed' })
  })

  it('in a shard that could not be read yet, because its parent had a change that was not applied', async () => {
    const { source, stream, time, engine, applyAll, drained } = await streamed(1)
    source.store(item('a', ['x']))
    stream.split(stream.all()[0]!.id)
    source.store(item('lost', ['y']))
    for (let looks = 0; looks < 10; looks++) {
      expect(await advance({ run, fence: 1 }, engine)).toMatchObject({ outcome: 'waiting' })
      time.now += 2 * hour
    }
    await applyRecord(stream.records()[0]!, engine)
    const killed: typeof stream.open = (shard, after) =>
      shard.includes('-00000000-') ? Promise.reject(new Error('killed')) : stream.open(shard, after)
    const { arn } = stream
    const look = advance(
      { run, fence: 1 },
      { ...engine, stream: { arn, shards: (after) => stream.shards(after), open: killed } },
    )
    await expect(look).rejects.toThrow('killed')
    time.now += 5 * hour
    stream.trim(time.now - 24 * hour)
    await applyAll()
    expect(await drained()).toEqual({ outcome: 'trimmed' })
  })

  it('past the moment that was drained to, again and again', async () => {
    const { source, stream, time, drained } = await streamed(1)
    const past = time.now
    time.now += 2 * minute
    source.store(item('lost', ['x']))
    for (let looks = 0; looks < 13; looks++) {
      expect(await drained(past)).toEqual({ outcome: 'drained' })
      time.now += 2 * hour
    }
    stream.trim(time.now - 24 * hour)
    expect(await drained()).toEqual({ outcome: 'trimmed' })
  })

  it('but a quiet stream that was looked at all along is no loss', async () => {
    const { source, stream, time, engine, applyAll } = await streamed(1)
    source.store(item('a', ['x']))
    await applyAll()
    for (let i = 0; i < 10; i++) {
      expect(await advance({ run, fence: 1 }, engine)).toEqual({ outcome: 'drained' })
      time.now += 4 * hour
      const open = stream.all().at(-1)!
      stream.split(open.id)
    }
  })
})

it('the cursor of a shard that was read to its end goes after two days, and the shard, should it still be listed, is no loss', async () => {
  const { source, stream, time, engine, applyAll } = await streamed(1)
  const [first] = stream.all()
  source.store(item('a', ['x']))
  await applyAll()
  stream.split(first!.id)
  const { ledger } = engine
  engine.ledger = {
    get: (...args) => ledger.get(...args),
    commit: (...args) => ledger.commit(...args),
    query: async (...args) =>
      (await ledger.query(...args)).filter(({ expiresAt }) => Number(expiresAt) * 1000 > time.now),
  }
  engine.stream = {
    arn: stream.arn,
    open: (...args) => stream.open(...args),
    shards: async () => ({ shards: [first!, ...stream.all().filter(({ id }) => id !== first!.id)], enabled: true }),
  }
  const isKnown = async () => (await listCursors(engine.ledger, run)).some(({ shard }) => shard === first!.id)
  for (let looks = 0; looks < 12; looks++) {
    expect(await advance({ run, fence: 1 }, engine)).toEqual({ outcome: 'drained' })
    expect(await isKnown()).toBe(true)
    time.now += 4 * hour
    stream.trim(time.now - 24 * hour)
  }
  time.now += hour
  expect(await isKnown()).toBe(false)
  expect(await advance({ run, fence: 1 }, engine)).toEqual({ outcome: 'drained' })
})

describe('what is older than capture may be thrown away unread', () => {
  const day = 24 * hour
  /** Capture begins when what is in the stream is 23 hours old. */
  async function aged(fill: (made: Awaited<ReturnType<typeof streamed>>) => void) {
    const made = await streamed(1, -23 * hour)
    fill(made)
    made.time.now += 23 * hour
    return made
  }

  it('with its whole shard', async () => {
    const { source, stream, time, engine, applyAll, drained, ledger } = await aged(({ source, stream }) => {
      source.store(item('old', ['x']))
      stream.split(stream.all()[0]!.id)
    })
    // Its cursor is stored, and nothing is read.
    let looks = 0
    const deadline = { remainingMs: () => (looks++ < 1 ? 1000 : 1) }
    expect(await advance({ run, fence: 1 }, { ...engine, deadline })).toEqual({ outcome: 'more' })
    time.now += 2 * hour
    stream.trim(time.now - day)
    source.store(item('new', ['y']))
    expect(await drained()).toMatchObject({ outcome: 'waiting' })
    await applyAll()
    expect(await drained()).toEqual({ outcome: 'drained' })
    expect((await listCursors(ledger, run)).filter(({ parent }) => parent === undefined)).toMatchObject([
      { closed: true },
    ])
  })

  it('behind the position in its shard, and what came after it is read', async () => {
    const { source, stream, time, engine, applyAll, drained } = await aged(({ source }) => {
      for (let i = 0; i < 30; i++) source.store(item(`old${i}`, ['x']))
    })
    let looks = 0
    const deadline = { remainingMs: () => (looks++ < 7 ? 1000 : 1) }
    expect(await advance({ run, fence: 1 }, { ...engine, deadline })).toMatchObject({ outcome: 'more' })
    time.now += 2 * hour
    source.store(item('new', ['y']))
    stream.trim(time.now - day)
    expect(await drained()).toMatchObject({ outcome: 'waiting' })
    await applyAll()
    expect(await drained()).toEqual({ outcome: 'drained' })
  })
})
