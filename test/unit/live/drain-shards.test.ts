import { describe, expect, it } from 'vitest'
import { listCursors } from '../../../shared/ledger/shards.ts'
import { applyRecord } from '../../../shared/live/apply.ts'
import { advance, type DrainEngine, drain } from '../../../shared/live/drain.ts'
import type { Shard, Stream } from '../../../shared/live/ports.ts'
import { memoryStream } from '../../memory/stream.ts'
import { hour, minute, streamed } from './streamed.ts'
import { item, run } from './world.ts'

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
