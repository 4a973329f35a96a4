import { describe, expect, it } from 'vitest'
import { type Build, buildPut, changeBuild } from '../../../../shared/ledger/builds.ts'
import { readControl, writeControl } from '../../../../shared/ledger/control.ts'
import { readLease, writeLease } from '../../../../shared/ledger/lease.ts'
import { createRun, getRun } from '../../../../shared/ledger/runs.ts'
import type { StreamRecord } from '../../../../shared/live/ports.ts'
import { type FeedEngine, feedBuilds } from '../../../../shared/live/tickets/batch.ts'
import { SearchError } from '../../../../shared/search/errors.ts'
import { aRun } from '../../cli/fixtures.ts'
import { built, run, table } from './fed.ts'
import { item, key, seq } from './world.ts'

const since = 10_000

/** A build that is fed, by an engine that notes which builds it has opened. */
async function fed(change: Partial<Build> = {}) {
  const made = await built({ since, ...change })
  const { ledger, search, engine: tickets } = made
  const opened: string[] = []
  const engine: FeedEngine = {
    ...{ ledger, runtime: tickets.runtime, table, hash: 'definitions', search },
    async engineOf(_, { n, quiet }, ask) {
      opened.push(`${n}`)
      return { ...tickets, build: `${run}.index.${n}`, isQuiet: quiet === true, ask }
    },
  }
  return { ...made, engine, opened }
}

const record = (pk: string, n: number, at = since): StreamRecord => ({ key: key(pk), seq: seq(n), at })

describe('a batch of records of the indexed table', () => {
  it('brings each changed item into the build once, as the table has it now, by its newest record', async () => {
    const { engine, table: items, bulks, values, ticket, events } = await fed()
    items.store(item('a', 3))
    await feedBuilds([record('a', 1), record('b', 5), record('a', 3), record('a', 2)], engine)
    expect(bulks).toHaveLength(1)
    expect(await values('a', 'b')).toEqual([3, undefined])
    expect(await ticket('a')).toMatchObject({ version: 2, sentSeen: seq(3) })
    expect(await ticket('b')).toMatchObject({ op: 'delete', sentSeen: seq(5) })
    expect(events).toMatchObject([{ code: 'index.batch', run, build: 1, items: 2 }])
  })

  it('leaves out what happened before the build began: the pass sees it', async () => {
    const { engine, opened, bulks, ticket } = await fed()
    await feedBuilds([record('a', 1, since - 1)], engine)
    expect([opened, bulks, await ticket('a')]).toEqual([[], [], undefined])
    await feedBuilds([record('a', 2, since), record('a', 1, since - 1)], engine)
    expect(await ticket('a')).toMatchObject({ sentSeen: seq(2) })
  })

  it('sends many items in parts, whose documents are in memory one part after another', async () => {
    const { engine, table: items, bulks } = await fed()
    const names = Array.from({ length: 250 }, (_, i) => `a${i}`)
    for (const name of names) items.store(item(name))
    await feedBuilds(
      names.map((name, i) => record(name, i + 1)),
      engine,
    )
    expect(bulks.map(({ length }) => length)).toEqual([100, 100, 50])
  })

  it('takes tickets that know whether the build is quiet', async () => {
    const { engine, ledger, ticket } = await fed()
    await feedBuilds([record('a', 1)], engine)
    expect((await ticket('a'))?.quiet).toBeUndefined()
    await changeBuild(ledger, { table, run, n: 1 }, (build) => ({ ...build, quiet: true }))
    await feedBuilds([record('b', 1)], engine)
    expect((await ticket('b'))?.quiet).toBe(true)
  })

  it('takes no ticket while the domain is away, and comes again', async () => {
    const { engine, ticket } = await fed()
    const search = { indices: () => Promise.reject(new SearchError('search-unavailable', 'away')) }
    await expect(feedBuilds([record('a', 1)], { ...engine, search })).rejects.toMatchObject({
      code: 'search-unavailable',
    })
    expect(await ticket('a')).toBeUndefined()
  })

  it('is acknowledged where no build is fed', async () => {
    const { engine, bulks } = await fed({ state: 'lost', because: 'trimmed' })
    await feedBuilds([record('a', 1)], engine)
    expect(bulks).toEqual([])
  })

  it('is nothing to a build of a run that another one has replaced', async () => {
    const { engine, ledger, bulks } = await fed()
    await createRun(ledger, { ...aRun(), id: 'run00002', destination: table, fence: 3 })
    await writeControl(ledger, 'run00002', undefined, { command: 'run', fence: 3 })
    const lease = (await readLease(ledger, table))!
    await writeLease(ledger, lease, { ...lease, run: 'run00002', execution: 'two', fence: 3 })
    await feedBuilds([record('a', 1)], engine)
    expect(bulks).toEqual([])
  })

  it.each([
    ['the definitions are others than those of the build', 'definitions-changed', { hash: 'others' }],
    ['the deployment has none', 'definitions-changed', { hash: undefined }],
  ])('takes no ticket and comes again where %s', async (_, code, change) => {
    const { engine, ticket } = await fed()
    await expect(feedBuilds([record('a', 1)], { ...engine, ...change })).rejects.toMatchObject({ code })
    expect(await ticket('a')).toBeUndefined()
    // What is not for the build is not held up by it.
    await feedBuilds([record('a', 1, since - 1)], { ...engine, ...change })
  })

  it('comes again where the run is aborted, also in the middle', async () => {
    const { engine, ledger, time, table: items, ticket } = await fed()
    const names = Array.from({ length: 101 }, (_, i) => `a${i}`)
    for (const name of names) items.store(item(name))
    await ledger.commit([{ row: { ...(await ledger.get(`RUN#${run}`, 'RUN'))!, state: 'running' }, expect: 'any' }])
    expect((await getRun(ledger, run)).state).toBe('running')
    const engineOf: FeedEngine['engineOf'] = async (...args) => {
      await writeControl(ledger, run, await readControl(ledger, run), { command: 'abort', fence: 2 })
      time.now += 5_000
      return engine.engineOf(...args)
    }
    const batch = names.map((name, i) => record(name, i + 1))
    await expect(feedBuilds(batch, { ...engine, engineOf })).rejects.toMatchObject({ code: 'aborted' })
    expect(await ticket('a100')).toBeUndefined()
    await expect(feedBuilds(batch, engine)).rejects.toMatchObject({ code: 'aborted' })
  })
})

describe('a build whose index', () => {
  it('is gone is lost, and the batch is acknowledged', async () => {
    const { engine, search, states, bulks, waitedMs, events } = await fed()
    await search.deleteIndex('court-1')
    await feedBuilds([record('a', 1)], engine)
    expect(await states()).toEqual([['lost', 'replaced']])
    expect(bulks).toEqual([])
    expect(waitedMs()).toBe(5_000)
    expect(events).toContainEqual({ code: 'build.lost', run, build: 1, because: 'replaced' })
  })

  it('was created anew under the same names is lost', async () => {
    const { engine, search, states, bulks } = await fed()
    await search.deleteIndex('court-1')
    await search.createIndex('court-1', { settings: {}, mappings: {}, aliases: ['court-1-W'] })
    await feedBuilds([record('a', 1)], engine)
    expect(await states()).toEqual([['lost', 'replaced']])
    expect(bulks).toEqual([])
  })

  it.each([
    ['has lost the alias it is written through', [{ remove: { index: 'court-1', alias: 'court-1-W' } }]],
    ['shares that alias with another one', [{ add: { index: 'stranger', alias: 'court-1-W' } }]],
  ])('%s is lost', async (_, changes) => {
    const { engine, search, states } = await fed()
    await search.createIndex('stranger', { settings: {}, mappings: {} })
    await search.changeAliases(changes)
    await feedBuilds([record('a', 1)], engine)
    expect(await states()).toEqual([['lost', 'replaced']])
  })

  it('is not there at the first look, but at the second, is fed', async () => {
    const { engine, search, states, values, table: items } = await fed()
    items.store(item('a'))
    let looks = 0
    const restarting = { indices: async (name: string) => (looks++ === 0 ? [] : search.indices(name)) }
    await feedBuilds([record('a', 1)], { ...engine, search: restarting })
    expect(await states()).toEqual([['building', undefined]])
    expect(await values('a')).toEqual([1])
  })

  it('goes in the middle of a batch is lost, and the batch is acknowledged', async () => {
    const { engine, search, states } = await fed()
    const engineOf: FeedEngine['engineOf'] = async (...args) => {
      await search.deleteIndex('court-1')
      return engine.engineOf(...args)
    }
    await feedBuilds([record('a', 1)], { ...engine, engineOf })
    expect(await states()).toEqual([['lost', 'replaced']])
  })

  it('is gone holds up no other build', async () => {
    const { engine, ledger, search, build, states, values, table: items, opened } = await fed({ served: true })
    items.store(item('a'))
    const indices = { court: { name: 'court-2', uuid: 'gone' } }
    await ledger.commit([buildPut(undefined, { ...build, n: 2, begunAt: 2, indices })])
    const engineOf: FeedEngine['engineOf'] = (of, each, ask) => engine.engineOf(of, each, ask)
    await feedBuilds([record('a', 1)], { ...engine, engineOf })
    expect(await states()).toEqual([
      ['building', undefined],
      ['lost', 'replaced'],
    ])
    expect([opened, await values('a')]).toEqual([['1'], [1]])
    expect(await search.indices('court-1')).toHaveLength(1)
  })

  it('takes no writes lets the batch come again, once the other builds have it', async () => {
    const { engine, ledger, search, build, values, table: items } = await fed({ served: true })
    items.store(item('a'))
    await search.createIndex('court-2', { settings: {}, mappings: {}, aliases: ['court-2-W'] })
    const { uuid } = (await search.indices('court-2'))[0]!
    await ledger.commit([
      buildPut(undefined, { ...build, n: 2, begunAt: 0, served: true, indices: { court: { name: 'court-2', uuid } } }),
    ])
    const engineOf: FeedEngine['engineOf'] = async (of, each, ask) => {
      const tickets = await engine.engineOf(of, each, ask)
      const blocked = { bulk: () => Promise.reject(new SearchError('search-access-denied', 'no')) }
      return each.n === 2 ? { ...tickets, search: blocked } : tickets
    }
    await expect(feedBuilds([record('a', 1)], { ...engine, engineOf })).rejects.toMatchObject({
      code: 'search-access-denied',
    })
    expect(await values('a')).toEqual([1])
  })
})
