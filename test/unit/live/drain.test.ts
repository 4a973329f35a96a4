import { describe, expect, it } from 'vitest'
import { beginCapture, listCursors } from '../../../shared/ledger/shards.ts'
import { applyRecord } from '../../../shared/live/apply.ts'
import { advance, type DrainEngine, drain } from '../../../shared/live/drain.ts'
import type { LiveEngine } from '../../../shared/live/engine.ts'
import type { Shard, Stream } from '../../../shared/live/ports.ts'
import { memoryStream } from '../../memory/stream.ts'
import { item, key, record, run, world } from './world.ts'

const minute = 60_000
const hour = 60 * minute

/** @param startsMs the world's clock when the stream begins, before capture does. */
async function streamed(shards = 4, startsMs = 0) {
  const made = await world()
  const stream = memoryStream(made.source, () => made.time.now, shards)
  await beginCapture(made.ledger, run, { since: made.time.now, stream: stream.arn })
  made.time.now += startsMs
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
    stream.split(stream.all()[0]!.id)
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

describe('the silence of a shard that has ended', () => {
  it('is not taken for its end, however long: a sparse one answers nothing for a while before its records', async () => {
    const { source, stream, drained } = await streamed(1)
    source.store(item('a', ['x']))
    stream.split(stream.all()[0]!.id)
    stream.emptyAnswers = 1_000
    expect(await drained()).toMatchObject({ outcome: 'waiting' })
  })

  it('lets advancing read on to its end as well', async () => {
    const { source, stream, engine, ledger } = await streamed(1)
    source.store(item('a', ['x']))
    stream.split(stream.all()[0]!.id)
    await applyRecord(stream.records()[0]!, engine)
    stream.emptyAnswers = 100
    expect(await advance({ run, fence: 1 }, engine)).toEqual({ outcome: 'drained' })
    expect((await listCursors(ledger, run))[0]).toMatchObject({ closed: true })
  })

  it('ends with the time there is, too', async () => {
    const { source, stream, engine, time } = await streamed(1)
    source.store(item('a', ['x']))
    stream.split(stream.all()[0]!.id)
    stream.emptyAnswers = Number.POSITIVE_INFINITY
    const until = time.now + 5 * minute
    const deadline = { remainingMs: () => until - time.now }
    expect(await advance({ run, fence: 1 }, { ...engine, deadline })).toEqual({ outcome: 'more' })
  })

  it('is not believed of one that ended while it was silent', async () => {
    const { source, stream, time, engine, drained } = await streamed(1)
    stream.emptyAnswers = 65
    const { sleep } = engine.runtime
    const start = time.now
    engine.runtime.sleep = async (ms) => {
      await sleep(ms)
      if (time.now < start + 30_000) return
      engine.runtime.sleep = sleep
      source.store(item('a', ['x']))
      stream.split(stream.all()[0]!.id)
    }
    expect(await drained(start)).toMatchObject({ outcome: 'waiting' })
  })
})

describe('shards that are replaced while it looks', () => {
  /** A table of many partitions that nobody writes to: every shard is replaced after four hours, one after the other. */
  function quietStream(time: { now: number }, partitions: number): Stream {
    const from = time.now
    const offset = (p: number) => ((p * 7_919) % partitions) * ((4 * hour) / partitions)
    const newest = (p: number) => Math.floor((time.now - from + offset(p)) / (4 * hour))
    return {
      arn: 'arn:stream:source',
      async shards() {
        const all: Shard[] = []
        for (let p = 0; p < partitions; p++)
          for (let n = 0; n <= newest(p); n++)
            all.push({ id: `${p}-${n}`, ...(n > 0 && { parent: `${p}-${n - 1}` }), ended: n < newest(p) })
        return { shards: all, enabled: true }
      },
      async open(id) {
        const [p, n] = id.split('-').map(Number) as [number, number]
        return { next: async () => ({ records: [], closed: n < newest(p) }) }
      },
    }
  }

  it.each([
    ['draining', 600, (past: number, engine: DrainEngine) => drain({ run, fence: 1, past }, engine)],
    ['advancing', 6_000, (_: number, engine: DrainEngine) => advance({ run, fence: 1 }, engine)],
  ])('%s ends all the same where there are so many, %i, that one always is', async (_, partitions, look) => {
    const { time, engine } = await streamed()
    const until = time.now + 15 * minute
    const deadline = { remainingMs: () => until - time.now }
    const found = await look(time.now, { ...engine, deadline, stream: quietStream(time, partitions) })
    expect(found).toEqual({ outcome: 'drained' })
  })

  /** One is replaced half a minute after T; lists from then on show what `shown` makes of them. */
  async function replaced(emptyAnswers: number, shown: (shards: Shard[]) => Shard[]) {
    const { source, stream, time, engine, drained } = await streamed(1)
    stream.emptyAnswers = emptyAnswers
    const past = time.now
    const isReplaced = () => stream.all().length > 1
    const { sleep } = engine.runtime
    engine.runtime.sleep = async (ms) => {
      await sleep(ms)
      if (time.now < past + minute / 2 || isReplaced()) return
      stream.split(stream.all()[0]!.id)
      stream.emptyAnswers = 1
      source.store(item('a', ['x']))
    }
    const until = past + 10 * minute
    engine.deadline.remainingMs = () => until - time.now
    engine.stream = {
      arn: stream.arn,
      open: (...args) => stream.open(...args),
      shards: async () => ({ shards: isReplaced() ? shown(stream.all()) : stream.all(), enabled: true }),
    }
    return drained(past)
  }

  it('are read where no list showed that they were open later than T', async () => {
    expect(await replaced(65, (shards) => shards)).toMatchObject({ outcome: 'waiting' })
  })

  it('are read where a page of the list is older than the one with their children', async () => {
    const found = await replaced(65, (shards) => shards.map((shard) => ({ ...shard, ended: false })))
    expect(found).toMatchObject({ outcome: 'waiting' })
  })

  it('are looked for where the list is older than the end that was read', async () => {
    let lists = 0
    const old = ([first]: Shard[]) => [{ ...(first as Shard), ended: false }]
    const found = await replaced(1, (shards) => (lists++ < 3 ? old(shards) : shards))
    expect(found).toMatchObject({ outcome: 'waiting' })
  })
})

describe('a list of shards', () => {
  it('that lacks the children of one that ended is asked for again', async () => {
    const { source, stream, engine, drained } = await streamed(1)
    source.store(item('a', ['x']))
    await applyRecord(stream.records()[0]!, engine)
    stream.split(stream.all()[0]!.id)
    source.store(item('a', ['x'], 2))
    let lists = 0
    engine.stream = {
      arn: stream.arn,
      open: (shard, after) => stream.open(shard, after),
      shards: async () => ({ shards: stream.all().slice(0, ++lists < 10 ? 1 : undefined), enabled: true }),
    }
    expect(await drained()).toMatchObject({ outcome: 'waiting' })
  })

  it('is believed after a while', async () => {
    const { stream, engine, drained } = await streamed(1)
    stream.split(stream.all()[0]!.id)
    const shards = stream.all().slice(0, 1)
    engine.stream = {
      ...engine.stream,
      arn: stream.arn,
      open: (...args) => stream.open(...args),
      shards: async () => ({ shards, enabled: true }),
    }
    expect(await drained()).toEqual({ outcome: 'drained' })
  })

  it('that lacks one which is still there does not hide what is in it', async () => {
    const { source, stream, engine, drained } = await streamed(1)
    await drained()
    source.store(item('a', ['x']))
    engine.stream = {
      arn: stream.arn,
      open: (...args) => stream.open(...args),
      shards: async () => ({ shards: [], enabled: true }),
    }
    expect(await drained()).toMatchObject({ outcome: 'waiting' })
  })
})

describe('a stream that was turned off', () => {
  it('stops draining, although all that is in it can still be read', async () => {
    const { stream, drained, ledger } = await streamed()
    stream.enabled = false
    expect(await drained()).toEqual({ outcome: 'stopped', reason: 'stream changed' })
    expect(await listCursors(ledger, run)).toEqual([])
  })

  it('and on again is another, which does not tell that the shards of the first have aged out', async () => {
    const { source, stream, engine, drained, ledger } = await streamed(1)
    source.store(item('a', ['x']))
    expect(await drained()).toMatchObject({ outcome: 'waiting' })
    const before = await listCursors(ledger, run)
    engine.stream = memoryStream(source, engine.runtime.clock)
    Object.assign(engine.stream, { arn: 'arn:stream:other' })
    expect(await drained()).toEqual({ outcome: 'stopped', reason: 'stream changed' })
    expect(await listCursors(ledger, run)).toEqual(before)
    engine.stream = stream
    expect(await drained()).toMatchObject({ outcome: 'waiting' })
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
      const found = await advance({ run, fence: 1 }, { ...engine, codeHash: 'other' })
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

it('advancing moves the cursors without waiting a minute', async () => {
  const { source, applyAll, engine, time, ledger } = await streamed(1)
  for (let i = 0; i < 30; i++) source.store(item(`a${i}`, [`x${i}`]))
  await applyAll()
  const before = time.now
  expect(await advance({ run, fence: 1 }, engine)).toEqual({ outcome: 'drained' })
  expect(time.now - before).toBeLessThan(10_000)
  expect((await listCursors(ledger, run))[0]?.after).toBeDefined()
})
