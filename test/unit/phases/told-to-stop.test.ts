import { describe, expect, it } from 'vitest'
import { DynamoDbError } from '../../../shared/dynamodb/errors.ts'
import { retrying } from '../../../shared/dynamodb/retrying-table.ts'
import { recordDifferences } from '../../../shared/ledger/differences.ts'
import { readLease, writeLease } from '../../../shared/ledger/lease.ts'
import { updateRun } from '../../../shared/ledger/runs.ts'
import { applyRecord } from '../../../shared/live/apply.ts'
import { contest } from '../../../shared/live/settle.ts'
import { drainRun } from '../../../shared/phases/drain.ts'
import { repairHandler } from '../../../shared/phases/handlers/repair.ts'
import { settleHandler } from '../../../shared/phases/handlers/settle.ts'
import type { LiveWorld, Migrating } from '../../../shared/phases/handlers/world.ts'
import { settleRun } from '../../../shared/phases/settle.ts'
import { migrationsOf } from '../../code.ts'
import { memoryLiveTables } from '../../memory/live-tables.ts'
import { streamed } from '../live/streamed.ts'
import { item, key, migration, run, world } from '../live/world.ts'
import { virtualTime } from '../virtual-time.ts'

const task = { run, fence: 1, from: { shard: 0, after: '' } }
const invocationMs = 900_000
const toldAt = [1_000, 10_100, 12_300, 14_500, 22_700, 31_900, 44_100]
const names = Array.from({ length: 300 }, (_, i) => `k${i}`)

type Made = Awaited<ReturnType<typeof world>>
const told: Record<string, (w: Made) => Promise<unknown>> = {
  pause: ({ control }) => control({ command: 'pause' }),
  abort: ({ control }) => control({ command: 'abort' }),
  'newer lease': ({ control }) => control({ fence: 2 }),
}

/** 300 items to reconcile, and tables that take 4 to 9 s for a request. */
async function slowWorld() {
  const w = await world()
  await w.control({ quiet: 'q' })
  for (const name of names) w.source.store(item(name, [name]))
  const time = virtualTime()
  const runtime = { ...w.engine.runtime, clock: time.clock, sleep: time.sleep }
  const slow = <T>(what: string, answer: () => T | Promise<T>) =>
    time.request(what, 4_000 + 1_000 * (time.begun.length % 6), answer)
  const source: typeof w.source = Object.assign(Object.create(w.source), {
    get: (keys: Parameters<typeof w.source.get>[0]) => slow('get', () => w.source.get(keys)),
  })
  const tables = memoryLiveTables(w.destination, w.ledger)
  const parts: Partial<LiveWorld & Migrating> = {
    ...{ codeHash: 'code', runtime, ledger: w.ledger, migrations: async () => [migration] },
    openTable: (_name, _schema, ask) => retrying(source, runtime, ask),
    liveTables: () => ({ commit: (writes) => slow('commit', () => tables.commit(writes)) }),
  }
  const deadline = { remainingMs: () => invocationMs - time.clock() }
  return { ...w, ...time, world: parts as LiveWorld & Migrating, deadline }
}

const endOf: Record<string, object> = {
  pause: { outcome: 'paused' },
  abort: { outcome: 'halted', error: 'aborted' },
  'newer lease': { outcome: 'halted', error: 'fenced' },
}

describe.each(['pause', 'abort', 'newer lease'])('A %s, on slow tables,', (what) => {
  const ended = endOf[what]!

  it.each(toldAt)('ends Settle before any request later than 10 s: at %i ms', async (at) => {
    const w = await slowWorld()
    for (const name of names) await contest(key(name), [key(name)], w.engine)
    w.at(at, () => told[what]!(w))
    expect(await w.during(settleHandler(w.world)(task, w.deadline))).toMatchObject(ended)
    expect(w.begun.length).toBeGreaterThan(3)
    expect(Math.max(...w.begun.map((request) => request.at))).toBeLessThanOrEqual(at + 10_000)
  })

  it.each(toldAt)('ends Repair before any request later than 10 s: at %i ms', async (at) => {
    const w = await slowWorld()
    await updateRun(w.ledger, run, (before) => ({ ...before, verification: { number: 1, ended: true } }))
    const page = { pass: 'verify.1', chunk: 's00000', epoch: 1, before: 0 } as const
    const differences = names.map((name) => {
      return { kind: 'missing' as const, key: key(name), sources: [key(name)], attributes: [], at: 1 }
    })
    await recordDifferences(w.ledger, run, 1, differences, page)
    w.at(at, () => told[what]!(w))
    expect(await w.during(repairHandler(w.world)(task, w.deadline))).toMatchObject(ended)
    expect(w.begun.length).toBeGreaterThan(3)
    expect(Math.max(...w.begun.map((request) => request.at))).toBeLessThanOrEqual(at + 10_000)
  })
})

describe('A drain that waits for live changes', () => {
  async function waiting() {
    const w = await streamed(1)
    w.source.store(item('a', ['x']))
    const began = w.time.now
    const engine = { ...w.engine, deadline: { remainingMs: () => began + invocationMs - w.time.now } }
    /** Does something at the first sleep after that time. */
    const at = (ms: number, what: () => unknown) => {
      const { sleep } = engine.runtime
      engine.runtime = {
        ...engine.runtime,
        async sleep(each) {
          await sleep(each)
          if (w.time.now < began + ms) return
          engine.runtime = { ...engine.runtime, sleep }
          await what()
        },
      }
    }
    const elapsed = () => w.time.now - began
    return { ...w, at, elapsed, drain: () => drainRun({ run, fence: 1, past: began }, engine) }
  }

  it('waits within its invocation, and has the machine wait a minute at most', async () => {
    const { drain, elapsed } = await waiting()
    const drained = await drain()
    expect(drained).toMatchObject({ outcome: 'waiting' })
    expect((drained as { seconds: number }).seconds).toBeLessThanOrEqual(60)
    // So that 26 hours are few rounds of the machine: test/unit/infra/history.test.ts.
    expect(elapsed()).toBeGreaterThanOrEqual(invocationMs * 0.9 - 120_000)
    expect(elapsed()).toBeLessThan(invocationMs)
  })

  it('ends when they are applied meanwhile', async () => {
    const { at, applyAll, drain, elapsed } = await waiting()
    at(300_000, applyAll)
    expect(await drain()).toEqual({ outcome: 'drained' })
    expect(elapsed()).toBeLessThan(600_000)
  })

  it.each(['pause', 'abort', 'newer lease'])('ends within 10 s of a %s', async (what) => {
    for (const toldMs of [10_000, 301_000, 500_000]) {
      const w = await waiting()
      w.at(toldMs, () => told[what]!(w))
      expect(await w.drain()).toMatchObject(endOf[what]!)
      expect(w.elapsed()).toBeLessThanOrEqual(toldMs + 15_000)
    }
  })

  it('reads a throttled stream no more once the run is paused', async () => {
    const w = await waiting()
    await applyRecord(w.stream.records()[0]!, w.engine)
    let reads = 0
    w.stream.shards = async () => {
      if (++reads === 3) {
        await told.pause!(w)
        w.time.now += 6_000
      }
      throw new DynamoDbError('throttled', 'as told')
    }
    expect(await w.drain()).toMatchObject(endOf.pause!)
    expect(reads).toBe(3)
  })
})

it('Settle has the machine wait a minute at most for the end of earlier slices', async () => {
  const { engine, ledger, time } = await world()
  const lease = (await readLease(ledger, 'destination'))!
  await writeLease(ledger, lease, { ...lease, quietAfter: time.now + invocationMs })
  const settling = { ...engine, deadline: { remainingMs: () => invocationMs }, code: migrationsOf() }
  expect(await settleRun(task, settling)).toMatchObject({ outcome: 'waiting', seconds: 60 })
})
