import { describe, expect, it } from 'vitest'
import { countQuarantine, readEntry } from '../../../shared/ledger/quarantine.ts'
import { applyRecord } from '../../../shared/live/apply.ts'
import { contest, settleHead, tryRefused } from '../../../shared/live/settle.ts'
import { settleBuckets } from '../../../shared/live/settle-all.ts'
import { migrationsOf } from '../../code.ts'
import { item, key, output, record, world } from './world.ts'

type World = Awaited<ReturnType<typeof world>>

const quiet = '1.1'

/** The engine of an invocation that dies before its n-th write. */
function dying({ engine }: World, n: number): World['engine'] {
  let writes = 0
  const before =
    <A extends unknown[], R>(commit: (...args: A) => Promise<R>) =>
    async (...args: A) => {
      if (++writes >= n) throw new Error('died')
      return commit(...args)
    }
  const { ledger, tables } = engine
  return {
    ...engine,
    ledger: {
      get: (pk, sk) => ledger.get(pk, sk),
      query: (pk, prefix, page) => ledger.query(pk, prefix, page),
      commit: before((puts) => ledger.commit(puts)),
    },
    tables: { commit: before((writes) => tables.commit(writes)) },
  }
}

const refusing = (w: World, ...pks: string[]) => {
  w.destination.refuses = ({ pk }) => (pks.includes((pk as { S: string }).S) ? 'something about it' : undefined)
}

/** Does the work in an invocation that dies before its n-th write and then in one that lives, for every n. */
async function dyingEverywhere(
  prepare: () => Promise<World>,
  work: (engine: World['engine']) => Promise<unknown>,
  check: (w: World) => Promise<void>,
  leastWrites = 3,
) {
  for (let n = 1; n < 100; n++) {
    const w = await prepare()
    const died = await work(dying(w, n)).then(
      () => false,
      (error: Error) => error.message === 'died',
    )
    await work(w.engine)
    await check(w)
    if (!died) return expect(n).toBeGreaterThan(leastWrites)
  }
  throw new Error('Expected an invocation to live')
}

it.each(['a', 'b'])('withdraws all outputs of an item of which %s is refused, wherever its batch dies', async (bad) => {
  const old = item('s', ['a', 'b'], 1)
  const now = item('s', ['a', 'b'], 2)
  for (const when of ['before quiet', 'in quiet', 'in quiet, contested and settled before'])
    await dyingEverywhere(
      async () => {
        const w = await world()
        await applyRecord(record(1, { new: old }), w.engine)
        if (when !== 'before quiet') await w.control({ quiet })
        w.source.store(old)
        if (when.includes('contested'))
          for (const pk of ['a', 'b']) {
            await contest(key(pk), [key('s')], w.engine)
            await settleHead(key(pk), quiet, w.engine)
          }
        expect(w.items()).toEqual({ a: output('a', 1), b: output('b', 1) })
        refusing(w, bad)
        w.source.store(now)
        return w
      },
      (engine) => applyRecord(record(2, { old, new: now }), engine),
      async (w) => {
        if (when === 'before quiet') {
          await w.control({ quiet })
          const deadline = { remainingMs: () => 1e9 }
          const engine = { ...w.engine, deadline, code: migrationsOf() }
          await settleBuckets({ run: w.engine.run, fence: 1, from: { shard: 0, after: '' } }, engine)
        }
        expect(w.items(), when).toEqual({})
        expect(await countQuarantine(w.ledger, w.engine.run)).toBe(1)
      },
    )
})

it('withdraws what a second refused item makes elsewhere, if settling the outputs of the first finds it', async () => {
  await dyingEverywhere(
    async () => {
      const w = await world()
      await w.control({ quiet })
      w.source.store(item('s', ['bad', 'shared']))
      w.source.store(item('t', ['shared', 'other']))
      await contest(key('shared'), [key('t')], w.engine)
      await contest(key('other'), [key('t')], w.engine)
      await settleHead(key('other'), quiet, w.engine)
      expect(w.items()).toEqual({ other: output('other') })
      await contest(key('bad'), [key('s')], w.engine)
      refusing(w, 'bad', 'shared')
      return w
    },
    (engine) => settleHead(key('bad'), quiet, engine),
    async (w) => {
      expect(w.items()).toEqual({})
      expect(await countQuarantine(w.ledger, w.engine.run)).toBe(2)
    },
  )
})

it('starts over where a settler of another output looked before the item was listed', async () => {
  const w = await world()
  await w.control({ quiet })
  await contest(key('a'), [key('s')], w.engine)
  await settleHead(key('a'), quiet, w.engine)
  w.source.store(item('s', ['a', 'b']))
  refusing(w, 'b')
  for (const pk of ['a', 'b']) await contest(key(pk), [key('s')], w.engine)
  const { commit } = w.engine.tables
  let late = true
  const slow = {
    ...w.engine,
    tables: {
      ...w.engine.tables,
      commit: async (writes: Parameters<typeof commit>[0]) => {
        if (late) {
          late = false
          await settleHead(key('b'), quiet, w.engine)
        }
        return commit(writes)
      },
    },
  }
  await settleHead(key('a'), quiet, slow)
  expect(w.items()).toEqual({})
})

describe('an item that DynamoDB refused, tried again', () => {
  /** `s` makes `a` and `b`, and is on the list because `bad` is refused. */
  async function listed(bad: string) {
    const w = await world()
    await w.control({ quiet })
    w.source.store(item('s', ['a', 'b']))
    refusing(w, bad)
    for (const pk of ['a', 'b']) await contest(key(pk), [key('s')], w.engine)
    for (const pk of ['a', 'b']) await settleHead(key(pk), quiet, w.engine)
    expect(w.items()).toEqual({})
    expect(await countQuarantine(w.ledger, w.engine.run)).toBe(1)
    return w
  }

  it.each(['a', 'b'])(
    'is written as a whole or not at all, wherever its invocation dies; %s was refused',
    async (bad) => {
      await dyingEverywhere(
        async () => {
          const w = await listed(bad)
          refusing(w)
          return w
        },
        (engine) => tryRefused(key('s'), quiet, engine),
        async (w) => {
          expect(w.items()).toEqual({ a: output('a'), b: output('b') })
          expect(await countQuarantine(w.ledger, w.engine.run)).toBe(0)
        },
        1,
      )
    },
  )

  it.each(['a', 'b'])('leaves nothing behind where %s is refused again', async (bad) => {
    const w = await listed(bad)
    const before = await readEntry(w.ledger, w.engine.run, key('s'))
    await tryRefused(key('s'), quiet, w.engine)
    expect(w.items()).toEqual({})
    expect(await readEntry(w.ledger, w.engine.run, key('s'))).toEqual(before)
  })

  it('gives way to a smaller source item of the same key', async () => {
    const w = await listed('a')
    w.source.store(item('r', ['b'], 2))
    await contest(key('b'), [key('r')], w.engine)
    refusing(w)
    await tryRefused(key('s'), quiet, w.engine)
    expect(w.items()).toEqual({ a: output('a'), b: output('b', 2) })
  })

  it('starts over where it changes meanwhile', async () => {
    const w = await listed('a')
    refusing(w)
    const { commit } = w.engine.tables
    let late = true
    const slow: typeof commit = async (writes) => {
      if (late) {
        late = false
        const now = item('s', ['b', 'c'], 2)
        w.source.store(now)
        await applyRecord(record(9, { old: item('s', ['a', 'b']), new: now }), w.engine)
      }
      return commit(writes)
    }
    await tryRefused(key('s'), quiet, { ...w.engine, tables: { commit: slow } })
    expect(w.items()).toEqual({ b: output('b', 2), c: output('c', 2) })
    expect(await countQuarantine(w.ledger, w.engine.run)).toBe(0)
  })

  it('stays on the list where its outputs do not fit into one transaction', async () => {
    const w = await world()
    await w.control({ quiet })
    const many = Array.from({ length: 50 }, (_, i) => `x${i}`)
    w.source.store(item('s', many))
    refusing(w, 'x7')
    for (const pk of many) await contest(key(pk), [key('s')], w.engine)
    for (const pk of many) await settleHead(key(pk), quiet, w.engine)
    refusing(w)
    await tryRefused(key('s'), quiet, w.engine)
    expect(w.items()).toEqual({})
    expect(await countQuarantine(w.ledger, w.engine.run)).toBe(1)
  })
})
