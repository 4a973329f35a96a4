import { describe, expect, it } from 'vitest'
import { buildFeed } from '../../../../shared/live/tickets/applied.ts'
import { sendChanged } from '../../../../shared/live/tickets/send.ts'
import { SearchError } from '../../../../shared/search/errors.ts'
import type { Write } from '../../../../shared/search/ports.ts'
import { item, key, seq, world } from './world.ts'

const changed = (pk: string, n = 1) => ({ key: key(pk), seq: seq(n) })
const record = (pk: string, n: number, at = 1) => ({ ...changed(pk, n), at })

describe('sending changed items', () => {
  it('brings all of them into the index in one bulk, with versions above that of the pass', async () => {
    const { engine, table, bulks, values, ticket } = await world()
    for (const pk of ['a', 'b']) table.store(item(pk, 5))
    await sendChanged([changed('a'), changed('b'), changed('gone')], engine)
    expect(bulks).toHaveLength(1)
    expect(bulks[0]!.map(({ op, id, routing, version }) => [op, id, routing, version])).toEqual([
      ['index', 'a', 'us', 2],
      ['index', 'b', 'us', 2],
      ['delete', 'gone', 'us', 2],
    ])
    expect(await values('a', 'b', 'gone')).toEqual([5, 5, undefined])
    expect(await ticket('a')).toMatchObject({ version: 2, sent: 2, op: 'index', seen: seq(1), sentSeen: seq(1) })
    expect(await ticket('gone')).toMatchObject({ version: 2, sent: 2, op: 'delete' })
  })

  it('takes no ticket of a key that no index has documents of', async () => {
    const { engine, table, ledger, bulks } = await world()
    table.store(item('nobody'))
    await sendChanged([changed('nobody')], engine)
    expect([ledger.rows(), bulks]).toEqual([[], []])
  })

  it('sends nothing of a record that was sent before, and sends an item again without a record', async () => {
    const { engine, bulks, ticket } = await world()
    await sendChanged([changed('a', 2)], engine)
    await sendChanged([changed('a', 1)], engine)
    await sendChanged([changed('a', 2)], engine)
    expect(bulks).toHaveLength(1)
    await sendChanged([{ key: key('a') }], engine)
    expect(await ticket('a')).toMatchObject({ version: 3, sent: 3, seen: seq(2), sentSeen: seq(2) })
  })

  it('puts two writes of one document into two bulks', async () => {
    const { engine, table, bulks } = await world()
    for (const pk of ['same 1', 'same 2']) table.store(item(pk))
    await sendChanged([changed('same 1'), changed('same 2')], engine)
    expect(bulks[0]!.map(({ id }) => id)).toEqual(['same'])
    expect(bulks[1]!.map(({ id }) => id)).toEqual(['same'])
  })

  it('takes a new ticket where an answer was lost, and that one tells until when the old one may land', async () => {
    const { engine, table, ticket, time } = await world()
    table.store(item('a'))
    const began = time.now
    let lost = 1
    const search = {
      async bulk(writes: readonly Write[]) {
        if (lost-- > 0) throw new SearchError('search-unavailable', 'lost')
        return engine.search.bulk(writes)
      },
    }
    await sendChanged([changed('a')], { ...engine, search })
    expect(await ticket('a')).toMatchObject({ version: 3, sent: 3, lateUntil: began + engine.lifetimeMs })
  })

  it('does so where only one item of a bulk failed, and leaves the others alone', async () => {
    let failures = 1
    const fail = ({ id }: Write) => (id === 'b' && failures-- > 0 ? ('unavailable' as const) : undefined)
    const { engine, table, bulks, values } = await world({ fail })
    for (const pk of ['a', 'b']) table.store(item(pk))
    await sendChanged([changed('a'), changed('b')], engine)
    expect(bulks.map((writes) => writes.map(({ id, version }) => [id, version]))).toEqual([
      [
        ['a', 2],
        ['b', 2],
      ],
      [['b', 3]],
    ])
    expect(await values('a', 'b')).toEqual([1, 1])
  })

  it('makes bulks smaller under pressure, down to a single document', async () => {
    const { engine, table, bulks, values } = await world({ limits: { requestBytes: 100e6, pressureBytes: 400 } })
    const names = Array.from({ length: 8 }, (_, i) => `item ${i}`)
    for (const pk of names) table.store(item(pk))
    await sendChanged(
      names.map((pk) => changed(pk)),
      engine,
    )
    expect(await values(...names)).toEqual(names.map(() => 1))
    expect(bulks.at(0)).toHaveLength(8)
    expect(bulks.at(-1)!.length).toBeLessThan(4)
  })

  it('fails in the end where a single document meets pressure each time, and does not count it as sent', async () => {
    const { engine, table, ticket } = await world({ fail: () => 'pressure' })
    table.store(item('a'))
    await expect(sendChanged([changed('a')], engine)).rejects.toMatchObject({
      code: 'search-pressure',
      retryable: true,
    })
    expect(await ticket('a')).toMatchObject({ sent: 1 })
  })

  it('fails at once where the alias is gone, and counts nothing as sent', async () => {
    const { engine, search, table, ticket, bulks } = await world()
    table.store(item('a'))
    await search.deleteIndex('court-1')
    await expect(sendChanged([changed('a')], engine)).rejects.toMatchObject({ code: 'search-not-found' })
    expect(bulks).toHaveLength(1)
    expect(await ticket('a')).toMatchObject({ version: 2, sent: 1 })
  })

  it('sends halves of a bulk that is too large', async () => {
    const { engine, table, values } = await world({ limits: { requestBytes: 500, pressureBytes: 50e6 } })
    const names = Array.from({ length: 8 }, (_, i) => `item ${i}`)
    for (const pk of names) table.store(item(pk))
    await sendChanged(
      names.map((pk) => changed(pk)),
      engine,
    )
    expect(await values(...names)).toEqual(names.map(() => 1))
  })

  it('asks before each attempt and each bulk, and sends nothing once it must not', async () => {
    const { engine, table, bulks } = await world()
    table.store(item('a'))
    let asked = 0
    const ask = async () => {
      if (++asked === 3) throw new Error('stop')
    }
    await expect(sendChanged([changed('a')], { ...engine, ask })).rejects.toThrow('stop')
    expect(bulks).toEqual([])
  })
})

describe('a conflict', () => {
  it('with another writer is raised past', async () => {
    const { engine, search, table, values, ticket } = await world()
    table.store(item('a', 7))
    await search.bulk([{ op: 'index', alias: 'court-1-W', id: 'a', routing: 'us', version: 900, json: '{"v":3}' }])
    await sendChanged([changed('a')], engine)
    expect(await values('a')).toEqual([7])
    expect(await ticket('a')).toMatchObject({ version: 901, sent: 901 })
  })

  it('of which the version is not known is raised past all the same', async () => {
    const { engine, search, table, values } = await world()
    table.store(item('a', 7))
    await search.bulk([{ op: 'index', alias: 'court-1-W', id: 'a', routing: 'us', version: 900, json: '{"v":3}' }])
    const silent = {
      bulk: async (writes: readonly Write[]) =>
        (await search.bulk(writes)).map((result) => (result.kind === 'conflict' ? { kind: result.kind } : result)),
    }
    await sendChanged([changed('a')], { ...engine, search: silent })
    expect(await values('a')).toEqual([7])
  })

  it('with a newer ticket that was sent ends the matter', async () => {
    const { engine, search, table, bulks, edit, ticket } = await world()
    table.store(item('a', 7))
    const overtaken = {
      async bulk(writes: readonly Write[]) {
        await search.bulk(writes.map((each) => ({ ...each, version: 5 })))
        await edit('a', { version: 5, sent: 5, seen: seq(4), sentSeen: seq(4) })
        return engine.search.bulk(writes)
      },
    }
    await sendChanged([changed('a', 3)], { ...engine, search: overtaken })
    expect(bulks).toHaveLength(1)
    expect(await ticket('a')).toMatchObject({ version: 5, sent: 5, sentSeen: seq(4) })
  })

  it('with the highest version there is lists the item, and the others continue', async () => {
    const { engine, search, table, values, rejected } = await world()
    for (const pk of ['a', 'b']) table.store(item(pk, 7))
    const version = Number.MAX_SAFE_INTEGER
    await search.bulk([{ op: 'index', alias: 'court-1-W', id: 'a', routing: 'us', version, json: '{"v":3}' }])
    await sendChanged([changed('a'), changed('b')], engine)
    expect(await values('a', 'b')).toEqual([3, 7])
    expect(rejected()).toMatchObject([{ reasons: { court: expect.stringContaining('highest version') } }])
  })
})

describe('a document that is rejected for its content', () => {
  it('is listed, and what was there before is deleted with the same version', async () => {
    const { engine, table, values, rejected, bulks, ticket } = await world()
    table.store(item('a', 1))
    await sendChanged([changed('a', 1)], engine)
    table.store(item('a', 'text'))
    await sendChanged([changed('a', 2)], engine)
    expect(await values('a')).toEqual([undefined])
    expect(bulks.slice(1).map(([write]) => [write!.op, write!.version])).toEqual([
      ['index', 3],
      ['delete', 3],
    ])
    expect(rejected()).toMatchObject([{ key: '["S:a"]', reasons: { court: expect.any(String) } }])
    expect(JSON.stringify(rejected())).not.toContain('text')
    expect(await ticket('a')).toMatchObject({ sent: 3, op: 'delete', rejected: 3, sentSeen: seq(2) })
  })

  it('is taken off the list once a later one is accepted, or the item is gone', async () => {
    const { engine, table, rejected, ticket } = await world()
    for (const pk of ['a', 'b']) table.store(item(pk, 'text'))
    await sendChanged([changed('a', 1), changed('b', 1)], engine)
    expect(rejected()).toHaveLength(2)
    table.store(item('a', 1))
    table.delete(key('b'))
    await sendChanged([changed('a', 2), changed('b', 2)], engine)
    expect(rejected().map(({ reasons }) => reasons)).toEqual([{}, {}])
    expect(await ticket('a')).not.toHaveProperty('rejected')
  })

  it('by its definition, which has no id for it, is listed as long as there is the item; nothing is sent', async () => {
    const { engine, table, rejected, bulks } = await world()
    table.store(item('bad id'))
    await sendChanged([changed('bad id', 1)], engine)
    expect(bulks).toEqual([])
    expect(rejected()).toMatchObject([{ reasons: { court: expect.stringContaining('id') } }])
    table.delete(key('bad id'))
    await sendChanged([changed('bad id', 2)], engine)
    expect(rejected().map(({ reasons }) => reasons)).toEqual([{}])
  })

  it('alone because of its size does not fail the others', async () => {
    const { engine, table, values, rejected } = await world({
      fail: ({ id }) => (id === 'a' ? 'too-large' : undefined),
    })
    for (const pk of ['a', 'b']) table.store(item(pk))
    const deletes = {
      bulk: async (writes: readonly Write[]) =>
        writes[0]!.op === 'delete' ? [{ kind: 'done' as const }] : engine.search.bulk(writes),
    }
    await sendChanged([changed('a'), changed('b')], { ...engine, search: deletes })
    expect(await values('b')).toEqual([1])
    expect(rejected()).toHaveLength(1)
  })
})

describe('the records that are applied', () => {
  it('are those from before the build, of keys without documents, and whose items were sent after them', async () => {
    const { engine, table } = await world()
    const feed = buildFeed(engine)
    table.store(item('a'))
    await sendChanged([changed('a', 2)], engine)
    const applied = [record('b', 9, 0), record('nobody', 9), record('a', 1), record('a', 2)]
    expect(await feed.countApplied([...applied, record('a', 3), record('a', 1)], 1)).toBe(4)
    expect(feed.feed).toBe('run00001.index.1')
  })
})
