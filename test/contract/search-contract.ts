import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { itemMark, markMapping } from '../../shared/search/item-mark.ts'
import type { JsonObject } from '../../shared/search/json.ts'
import type { DocumentId, NewIndex, Search, Stored, WalkRequest, Write } from '../../shared/search/ports.ts'

/** A cluster under test, and what the tests do to it. */
export interface Cluster {
  search: Search
  /** `http.max_content_length` and `indexing_pressure.memory.limit` of its nodes, bytes. */
  limits: { requestBytes: number; pressureBytes: number }
  /** Lets time pass. */
  pass(ms: number): Promise<void>
  /** Writes as somebody who lets the index count its versions. */
  writeForeign(index: string, id: DocumentId, document: JsonObject): Promise<void>
  /** Ends the cluster after a flush, and starts it on its data. */
  restart(): Promise<void>
  /** The next bulk takes effect, and its answer is lost. */
  loseAnswer(): void
  /** The next bulk fails at once, and takes effect when the function that is returned is called. */
  delayBulk(): () => Promise<void>
}

/**
 * What the protocol of indices rests on, seen on OpenSearch 2.19.6.
 * @param owned whether it may be restarted, and has the limits that the tests want.
 */
export function searchContract(name: string, open: () => Cluster, owned = true): void {
  const whole = it.skipIf(!owned)
  describe(`search: ${name}`, () => {
    const search = () => open().search
    const settings = { number_of_replicas: 0, refresh_interval: '-1', gc_deletes: '1h' }
    const mappings = {
      dynamic: 'false',
      properties: { segue: markMapping, n: { type: 'long' }, word: { type: 'keyword' } },
    }

    /** A new index, and an alias of it that no index may be called. */
    async function build(more: Partial<NewIndex> = {}): Promise<{ index: string; alias: string }> {
      const index = `contract-${randomUUID()}`
      const alias = `${index}-W`
      await search().createIndex(index, { settings, mappings, aliases: [alias], ...more })
      return { index, alias }
    }

    const put = (alias: string, id: string, version: number, document: object = {}, routing?: string): Write => ({
      op: 'index',
      alias,
      id,
      version,
      json: JSON.stringify(document),
      ...(routing !== undefined && { routing }),
    })
    const remove = (alias: string, id: string, version: number, routing?: string): Write => ({
      op: 'delete',
      alias,
      id,
      version,
      ...(routing !== undefined && { routing }),
    })
    const done = { kind: 'done' }
    const conflict = (holds: number) => ({ kind: 'conflict', holds })
    const failed = (kind: string) => ({ kind, reason: expect.any(String) })
    const send = async (...writes: Write[]) => search().bulk(writes)
    const get = async (alias: string, id: string, routing?: string): Promise<Stored | undefined> =>
      (await search().get(alias, [{ id, ...(routing !== undefined && { routing }) }]))[0]

    describe('versions', () => {
      it('take effect where they are higher; otherwise the conflict says which version is held', async () => {
        const { alias } = await build()
        expect(await send(put(alias, 'a', 3, { n: 3 }))).toEqual([done])
        expect(await send(put(alias, 'a', 3, { n: 33 }))).toEqual([conflict(3)])
        expect(await send(put(alias, 'a', 2, { n: 2 }), remove(alias, 'a', 3))).toEqual([conflict(3), conflict(3)])
        expect(await send(put(alias, 'a', 7, { n: 7 }))).toEqual([done])
        expect(await get(alias, 'a')).toEqual({ id: 'a', version: 7, document: { n: 7 } })
        expect(await send(remove(alias, 'a', 8))).toEqual([done])
        expect(await get(alias, 'a')).toBeUndefined()
      })

      it('are kept in order within a bulk', async () => {
        const { alias } = await build()
        expect(await send(put(alias, 'a', 1), remove(alias, 'a', 2), put(alias, 'a', 3, { n: 3 }))).toEqual([
          done,
          done,
          done,
        ])
        expect(await get(alias, 'a')).toEqual({ id: 'a', version: 3, document: { n: 3 } })
      })

      it('are whole numbers up to 2^53 - 1', async () => {
        const { alias } = await build()
        const most = Number.MAX_SAFE_INTEGER
        expect(await send(put(alias, 'a', most - 1), put(alias, 'a', most))).toEqual([done, done])
        expect(await send(put(alias, 'a', most))).toEqual([conflict(most)])
      })

      it('of a delete are remembered, also where there was nothing to delete', async () => {
        const { alias } = await build()
        expect(await send(put(alias, 'a', 1), remove(alias, 'a', 5), remove(alias, 'b', 5))).toEqual([done, done, done])
        expect(await send(put(alias, 'a', 4), put(alias, 'b', 5), remove(alias, 'b', 4))).toEqual([
          conflict(5),
          conflict(5),
          conflict(5),
        ])
        expect(await get(alias, 'a')).toBeUndefined()
        expect(await send(put(alias, 'a', 6))).toEqual([done])
      })

      it('of a delete are forgotten after gc_deletes: an older write then brings the document back', async () => {
        const { index, alias } = await build()
        await send(put(alias, 'a', 1), remove(alias, 'a', 5))
        expect(await send(put(alias, 'a', 4, { n: 4 }))).toEqual([conflict(5)])
        await search().putSettings(index, { gc_deletes: '1ms' })
        await open().pass(1_500)
        expect(await send(put(alias, 'a', 4, { n: 4 }))).toEqual([done])
        expect(await get(alias, 'a')).toEqual({ id: 'a', version: 4, document: { n: 4 } })
      })

      it('count on from what somebody else wrote without a version', async () => {
        const { index, alias } = await build()
        await send(put(alias, 'a', 4, { n: 4 }))
        await open().writeForeign(index, { id: 'a' }, { n: 0 })
        expect(await send(put(alias, 'a', 5, { n: 5 }))).toEqual([conflict(5)])
        expect(await get(alias, 'a')).toEqual({ id: 'a', version: 5, document: { n: 0 } })
        expect(await send(put(alias, 'a', 6, { n: 6 }))).toEqual([done])
      })
    })

    describe('a document that the mapping does not take', () => {
      it('is rejected, and the one written before stays', async () => {
        const { alias } = await build()
        await send(put(alias, 'a', 1, { n: 1 }), put(alias, 'b', 1, { word: 'b' }))
        const long = 'x'.repeat(40_000)
        const results = await send(put(alias, 'a', 2, { n: 'secret' }), put(alias, 'b', 2, { word: long }))
        expect(results).toEqual([failed('rejected'), failed('rejected')])
        expect(JSON.stringify(results)).not.toMatch(/secret|xx/)
        expect(JSON.stringify(results)).toMatch(/`n`.*`word`/)
        expect(await get(alias, 'a')).toEqual({ id: 'a', version: 1, document: { n: 1 } })
        expect(await get(alias, 'b')).toEqual({ id: 'b', version: 1, document: { word: 'b' } })
      })

      it('leaves its version to a delete', async () => {
        const { alias } = await build()
        await send(put(alias, 'a', 1, { n: 1 }))
        expect(await send(put(alias, 'a', 2, { n: {} }))).toEqual([failed('rejected')])
        expect(await send(remove(alias, 'a', 2))).toEqual([done])
        expect(await get(alias, 'a')).toBeUndefined()
      })

      it('is rejected rather than in conflict, however old it is', async () => {
        const { alias } = await build()
        await send(put(alias, 'a', 5, { n: 1 }))
        expect(await send(put(alias, 'a', 2, { n: {} }))).toEqual([failed('rejected')])
      })

      it('is rejected alone: the others of the bulk take effect', async () => {
        const { alias } = await build()
        await send(put(alias, 'b', 9))
        expect(
          await send(
            put(alias, 'a', 1, { n: 1 }),
            put(alias, 'poor', 1, { n: 'word' }),
            put(alias, 'b', 3),
            put('Nowhere', 'a', 1),
            remove('Nowhere', 'a', 1),
            put(alias, 'c', 1, { n: 3 }),
          ),
        ).toEqual([done, failed('rejected'), conflict(9), failed('not-found'), failed('not-found'), done])
        expect((await search().get(alias, [{ id: 'a' }, { id: 'poor' }, { id: 'c' }])).map((one) => one?.id)).toEqual([
          'a',
          undefined,
          'c',
        ])
      })
    })

    describe('a routing that the mapping requires', () => {
      it('is missed by an index and by a delete alone: both are rejected, and the others of the bulk take effect', async () => {
        const { alias } = await build({ mappings: { ...mappings, _routing: { required: true } } })
        expect(
          await send(
            put(alias, 'a', 1, { n: 1 }, 'r'),
            put(alias, 'secret', 1, { n: 1 }),
            remove(alias, 'secret', 2),
            remove(alias, 'gone', 1, 'r'),
          ),
        ).toEqual([done, failed('rejected'), failed('rejected'), done])
        expect(JSON.stringify(await send(put(alias, 'secret', 1), remove(alias, 'secret', 2)))).not.toContain('secret')
        expect(await get(alias, 'a', 'r')).toEqual({ id: 'a', routing: 'r', version: 1, document: { n: 1 } })
      })
    })

    describe('an alias', () => {
      it('is required of what is indexed: nothing is created by a name that is none', async () => {
        const { index } = await build()
        const absent = `contract-${randomUUID()}`
        expect(await send(put(absent, 'a', 1), put(index, 'a', 1))).toEqual([failed('not-found'), failed('not-found')])
        expect(await search().indices(absent)).toEqual([])
      })

      it('is not required of a delete: it creates an index by that name, with guessed mappings', async () => {
        const absent = `contract-${randomUUID()}`
        expect(await send(remove(absent, 'a', 1))).toEqual([done])
        expect(await search().indices(absent)).toMatchObject([{ name: absent, mappings: {} }])
        await search().deleteIndex(absent)
      })

      it('with a capital letter is no name of an index, so a delete does not create one', async () => {
        const { index, alias } = await build()
        expect(await send(put(alias, 'a', 1))).toEqual([done])
        await search().deleteIndex(index)
        expect(await send(put(alias, 'a', 2), remove(alias, 'a', 3))).toEqual([
          failed('not-found'),
          failed('not-found'),
        ])
        expect(await search().indices(alias)).toEqual([])
      })

      it('of two indices takes no writes and no reads', async () => {
        const { alias } = await build()
        await build({ aliases: [alias] })
        expect(await send(put(alias, 'a', 1))).toEqual([failed('not-found')])
        await expect(search().get(alias, [{ id: 'a' }])).rejects.toMatchObject({ code: 'search-invalid-request' })
      })

      it('changes all at once or not at all', async () => {
        const [one, two] = [await build(), await build()]
        const served = `served-${one.index}`
        const owners = async () => (await search().indices(served)).map(({ name }) => name)
        await search().changeAliases([{ add: { index: one.index, alias: served } }])
        expect(await owners()).toEqual([one.index])
        const swap = [{ add: { index: two.index, alias: served } }, { remove: { index: one.index, alias: served } }]
        await search().changeAliases(swap)
        expect(await owners()).toEqual([two.index])
        // Sent again after a lost answer.
        await expect(search().changeAliases(swap)).rejects.toMatchObject({ code: 'search-not-found' })
        expect(await owners()).toEqual([two.index])
        const other = `other-${one.index}`
        await expect(
          search().changeAliases([
            { add: { index: one.index, alias: other } },
            { remove: { index: one.index, alias: served } },
          ]),
        ).rejects.toMatchObject({ code: 'search-not-found' })
        expect(await search().indices(other)).toEqual([])
      })

      it('keeps a filter and a routing only where they are given again', async () => {
        const [one, two] = [await build(), await build()]
        const served = `served-${one.index}`
        const carrying = { filter: { term: { word: 'x' } }, index_routing: 'r', search_routing: 'r' }
        const carried = async () => (await search().indices(served)).map(({ aliases }) => aliases[served])
        await search().changeAliases([{ add: { index: one.index, alias: served, carrying } }])
        expect(await carried()).toEqual([carrying])
        await search().changeAliases([
          { remove: { index: one.index, alias: served } },
          { add: { index: two.index, alias: served } },
        ])
        expect(await carried()).toEqual([{}])
      })

      it('cannot have the name of an index, nor lead to one that is not there', async () => {
        const [one, two] = [await build(), await build()]
        await expect(search().changeAliases([{ add: { index: one.index, alias: two.index } }])).rejects.toMatchObject({
          code: 'search-invalid-request',
        })
        await expect(
          search().changeAliases([{ add: { index: 'contract-absent', alias: 'anything' } }]),
        ).rejects.toMatchObject({ code: 'search-not-found' })
      })
    })

    describe('a routing', () => {
      it('makes one id several documents; a delete without it leaves them', async () => {
        const { index, alias } = await build({ settings: { ...settings, number_of_shards: 5 } })
        const routings = Array.from({ length: 20 }, (_, i) => `r${i}`)
        const count = async () => {
          await search().refresh(index)
          return search().count(index)
        }
        for (const [i, routing] of routings.entries())
          expect(await send(put(alias, 'a', i + 1, { n: i }, routing))).toEqual([done])
        const documents = await count()
        expect(documents).toBeGreaterThan(1)
        expect(documents).toBeLessThanOrEqual(5)
        expect(await get(alias, 'a', 'r19')).toEqual({ id: 'a', routing: 'r19', version: 20, document: { n: 19 } })
        await send(remove(alias, 'a', 50))
        expect(await count()).toBeGreaterThanOrEqual(documents - 1)
        for (const routing of routings) await send(remove(alias, 'a', 100, routing))
        expect(await count()).toBe(0)
      })
    })

    describe('reading', () => {
      it('by id sees what was written before it is refreshed; everything else sees it afterwards', async () => {
        const { index, alias } = await build()
        await send(put(alias, 'a', 1, { segue: { hash: 1 } }), put(alias, 'b', 1))
        expect(await get(alias, 'a')).toBeDefined()
        expect(await search().count(alias)).toBe(0)
        expect(await search().walk({ index: alias, limit: 10 })).toEqual({ documents: [] })
        expect(await search().unmarked(alias, 10)).toEqual({ count: 0, documents: [] })
        await search().refresh(index)
        expect(await search().count(alias)).toBe(2)
        expect((await search().walk({ index, limit: 10 })).documents.map(({ id }) => id)).toEqual(['a'])
        expect((await search().unmarked(index, 10)).documents.map(({ id }) => id)).toEqual(['b'])
        await send(remove(alias, 'a', 2))
        expect(await get(alias, 'a')).toBeUndefined()
        expect(await search().count(alias)).toBe(2)
      })

      it('returns documents as they were written', async () => {
        const { alias } = await build()
        const json = `{"__proto__":{"x":1},"constructor":[],"n":null,"f":0.1,"e":1e300,"t":"☃\\u2028\\n😀","l":[[],{}],"word":""}`
        await send({ op: 'index', alias, id: 'é/ ?#"\\', version: 1, json, routing: 'ü,x' })
        const found = await get(alias, 'é/ ?#"\\', 'ü,x')
        expect(found).toEqual({ id: 'é/ ?#"\\', routing: 'ü,x', version: 1, document: JSON.parse(json) })
        expect(Object.keys(found?.document ?? {})).toContain('__proto__')
      })

      it('of nothing asks nothing', async () => {
        expect(await search().get('nowhere', [])).toEqual([])
        expect(await search().bulk([])).toEqual([])
      })

      /** Every page of a walk. */
      async function walk(request: WalkRequest): Promise<Stored[][]> {
        const { documents, next } = await search().walk(request)
        return next === undefined ? [documents] : [documents, ...(await walk({ ...request, after: next }))]
      }

      it('walks in the order of the hashes, in pages that continue anywhere', async () => {
        const { index, alias } = await build({ settings: { ...settings, number_of_shards: 3 } })
        const hashes = [0, 1, 2, 10, 2 ** 31, 2 ** 32 + 1, 2 ** 40, 2 ** 51, 2 ** 52 - 2, 2 ** 52 - 1]
        await search().bulk(
          hashes.toReversed().map((hash, i) => put(alias, `id${i}`, i + 1, { segue: { hash }, n: i }, `r${i}`)),
        )
        await send(put(alias, 'none', 1, { n: 1 }), put(alias, 'empty', 1, { segue: {} }))
        await search().refresh(index)
        for (const limit of [1, 3, 10, 11]) {
          const pages = await walk({ index: alias, limit })
          expect(Math.max(...pages.map(({ length }) => length))).toBeLessThanOrEqual(limit)
          expect(pages.flat().map(({ document }) => document.segue)).toEqual(hashes.map((hash) => ({ hash })))
          expect(pages[0]?.[0]).toEqual({
            id: 'id9',
            routing: 'r9',
            version: 10,
            document: { segue: { hash: 0 }, n: 9 },
          })
        }
        const between = await search().walk({ index, after: 5, upTo: 2 ** 40, limit: 10 })
        expect(between.documents.map(({ id }) => id)).toEqual(['id6', 'id5', 'id4', 'id3'])
        const { count, documents } = await search().unmarked(index, 10)
        expect([count, documents.map(({ id }) => id).toSorted()]).toEqual([2, ['empty', 'none']])
        expect((await search().unmarked(index, 1)).documents).toHaveLength(1)
      })

      it('walks over documents that share a hash, and over one with two', async () => {
        const { index, alias } = await build()
        const hashes = [1, 2, 2, 2, 2, 3, [1, 4], 5]
        await search().bulk(hashes.map((hash, i) => put(alias, `id${i}`, 1, { segue: { hash } })))
        await search().refresh(index)
        const pages = await walk({ index, limit: 2 })
        expect(
          pages
            .flat()
            .map(({ id }) => id)
            .toSorted(),
        ).toEqual(hashes.map((_, i) => `id${i}`))
        expect(pages.length).toBeGreaterThan(1)
      })

      it('is walked past the search pipeline that it names, which could leave documents out', async () => {
        const { index, alias } = await build({ settings: { ...settings, 'search.default_pipeline': 'absent' } })
        await send(put(alias, 'a', 1, { segue: itemMark('a') }), put(alias, 'b', 1))
        await search().refresh(index)
        expect((await search().walk({ index, limit: 5 })).documents.map(({ id }) => id)).toEqual(['a'])
        expect((await search().unmarked(index, 5)).documents.map(({ id }) => id)).toEqual(['b'])
        expect(await search().count(index)).toBe(2)
      })

      it('walks over nothing where no document ever had a mark', async () => {
        const { index, alias } = await build({ mappings: {} })
        await send(put(alias, 'a', 1, { n: 1 }))
        await search().refresh(index)
        expect(await search().walk({ index, limit: 1 })).toEqual({ documents: [] })
        expect(await search().unmarked(index, 5)).toMatchObject({ count: 1 })
      })
    })

    describe('an answer that is lost', () => {
      it('leaves what it answered in effect; the same writes again meet their own versions', async () => {
        const { alias } = await build()
        const writes = [put(alias, 'a', 3, { n: 3 }), remove(alias, 'b', 4)]
        open().loseAnswer()
        await expect(search().bulk(writes)).rejects.toMatchObject({ code: 'search-unavailable', retryable: true })
        expect(await get(alias, 'a')).toEqual({ id: 'a', version: 3, document: { n: 3 } })
        expect(await search().bulk(writes)).toEqual([conflict(3), conflict(4)])
      })

      it('may be of a bulk that lands later, and loses to a higher version', async () => {
        const { alias } = await build()
        const land = open().delayBulk()
        await expect(send(put(alias, 'a', 3, { n: 3 }), put(alias, 'b', 3))).rejects.toMatchObject({
          code: 'search-unavailable',
        })
        await send(put(alias, 'a', 4, { n: 4 }), remove(alias, 'b', 4))
        await land()
        expect(await get(alias, 'a')).toEqual({ id: 'a', version: 4, document: { n: 4 } })
        expect(await get(alias, 'b')).toBeUndefined()
      })

      whole('may be of a bulk that lands after a restart forgot the delete: the document is back', async () => {
        const { alias } = await build()
        const land = open().delayBulk()
        await expect(send(put(alias, 'a', 3, { n: 3 }))).rejects.toMatchObject({ code: 'search-unavailable' })
        expect(await send(remove(alias, 'a', 4))).toEqual([done])
        expect(await send(put(alias, 'a', 2))).toEqual([conflict(4)])
        await open().restart()
        await land()
        expect(await get(alias, 'a')).toEqual({ id: 'a', version: 3, document: { n: 3 } })
      })
    })

    describe('a block', () => {
      it('of a full disk refuses index, delete, settings and aliases, and is named', async () => {
        const { index, alias } = await build()
        await search().putSettings(index, { 'blocks.read_only_allow_delete': true })
        expect(await send(put(alias, 'a', 1), remove(alias, 'b', 1))).toEqual([failed('blocked'), failed('blocked')])
        const blocked = { code: 'search-blocked', retryable: true }
        await expect(search().changeAliases([{ add: { index, alias: `other-${index}` } }])).rejects.toMatchObject(
          blocked,
        )
        await expect(search().putSettings(index, { refresh_interval: '1s' })).rejects.toMatchObject(blocked)
        await search().putSettings(index, { 'blocks.read_only_allow_delete': null })
        expect(await send(put(alias, 'a', 1))).toEqual([done])
      })

      it('of writes refuses index and delete', async () => {
        const { index, alias } = await build()
        await search().putSettings(index, { 'blocks.write': true })
        expect(await send(put(alias, 'a', 1), remove(alias, 'b', 1))).toEqual([failed('blocked'), failed('blocked')])
        await search().changeAliases([{ add: { index, alias: `other-${index}` } }])
        await search().putSettings(index, { 'blocks.write': null })
        expect(await send(put(alias, 'a', 1))).toEqual([done])
      })
    })

    describe('a bulk that fails as a whole', () => {
      const nothing = async (alias: string) => expect(await get(alias, 'small')).toBeUndefined()

      whole('has one document that is too large for the memory of the node, for ever', async () => {
        const { alias } = await build()
        const text = 'x'.repeat(open().limits.pressureBytes + 1_000)
        for (let attempt = 0; attempt < 2; attempt++)
          await expect(send(put(alias, 'small', 1), put(alias, 'a', 1, { text }))).rejects.toMatchObject({
            code: 'search-pressure',
            retryable: true,
          })
        await nothing(alias)
        expect(await send(put(alias, 'small', 1))).toEqual([done])
      })

      whole('is larger than a request may be', async () => {
        const { alias } = await build()
        const text = 'x'.repeat(open().limits.requestBytes + 1_000)
        await expect(send(put(alias, 'small', 1), put(alias, 'a', 1, { text }))).rejects.toMatchObject({
          code: 'search-too-large',
          retryable: false,
        })
        await nothing(alias)
      })

      it('has an id of more than 512 bytes, which the error does not show', async () => {
        const { alias } = await build()
        expect(await send(put(alias, 'é'.repeat(256), 1))).toEqual([done])
        const refusal = send(put(alias, 'small', 1), put(alias, `${'é'.repeat(256)}x`, 1))
        await expect(refusal).rejects.toMatchObject({ code: 'search-invalid-request', retryable: false })
        await expect(refusal).rejects.not.toMatchObject({ message: expect.stringContaining('éé') })
        await nothing(alias)
      })
    })

    describe('an index', () => {
      it('is created once, with settings, mappings and aliases', async () => {
        const index = `contract-${randomUUID()}`
        expect(await search().indices(index)).toEqual([])
        const fresh = { settings, mappings, aliases: [`${index}-W`] }
        expect(await search().createIndex(index, fresh)).toBe('created')
        expect(await search().createIndex(index, fresh)).toBe('exists')
        const [state] = await search().indices(`${index}-W`)
        expect(state).toMatchObject({
          name: index,
          aliases: { [`${index}-W`]: {} },
          settings: { number_of_replicas: '0', refresh_interval: '-1', gc_deletes: '1h' },
          mappings,
        })
        expect(await search().health(index)).toBe('green')
      })

      it('has another UUID when it is created anew', async () => {
        const { index, alias } = await build()
        const uuid = async () => (await search().indices(alias)).map(({ uuid }) => uuid)
        const first = await uuid()
        expect(await uuid()).toEqual(first)
        expect(await search().deleteIndex(index)).toBe('deleted')
        expect(await uuid()).toEqual([])
        expect(await search().deleteIndex(index)).toBe('absent')
        await search().createIndex(index, { settings, mappings, aliases: [alias] })
        expect(await uuid()).not.toEqual(first)
      })

      it('is not deleted by an alias', async () => {
        const { index, alias } = await build()
        await expect(search().deleteIndex(alias)).rejects.toMatchObject({ code: 'search-invalid-request' })
        expect(await search().indices(index)).toHaveLength(1)
      })

      it.each([
        ['a name with a capital letter', 'Contract', { settings: {}, mappings: {} }],
        ['a name of over 255 bytes', 'x'.repeat(256), { settings: {}, mappings: {} }],
        ['an alias that is an index', undefined, { settings: {}, mappings: {} }],
      ])('is refused with %s', async (_, name, index) => {
        const { index: there } = await build()
        const creation = search().createIndex(name ?? `${there}-2`, name ? index : { ...index, aliases: [there] })
        await expect(creation).rejects.toMatchObject({ code: 'search-invalid-request', retryable: false })
      })

      it('changes its settings, and takes defaults back', async () => {
        const { index } = await build()
        const shown = async () => (await search().indices(index))[0]?.settings
        await search().putSettings(index, { refresh_interval: '2s', number_of_replicas: 1, gc_deletes: null })
        expect(await shown()).toMatchObject({ refresh_interval: '2s', number_of_replicas: '1' })
        expect(await shown()).not.toHaveProperty('gc_deletes')
        // One node: the replica has no place.
        expect(await search().health(index)).toBe('yellow')
        await expect(search().putSettings('contract-absent', { refresh_interval: '1s' })).rejects.toMatchObject({
          code: 'search-not-found',
        })
      })

      it('that is absent is not found, whatever is asked of it', async () => {
        const notFound = { code: 'search-not-found' }
        await expect(search().count('contract-absent')).rejects.toMatchObject(notFound)
        await expect(search().refresh('contract-absent')).rejects.toMatchObject(notFound)
        await expect(search().health('contract-absent')).rejects.toMatchObject(notFound)
        await expect(search().walk({ index: 'contract-absent', limit: 1 })).rejects.toMatchObject(notFound)
        await expect(search().get('contract-absent', [{ id: 'a' }])).rejects.toMatchObject(notFound)
      })

      it('of which one shard is away is red, takes some writes, and is neither read nor refreshed as a whole', async () => {
        // One node takes one of its shards.
        const { index, alias } = await build({
          settings: { ...settings, number_of_shards: 2, 'routing.allocation.total_shards_per_node': 1 },
        })
        const unavailable = { code: 'search-unavailable', retryable: true }
        const ids = Array.from({ length: 20 }, (_, i) => `id${i}`)
        expect(await search().health(index)).toBe('red')
        const results = await send(...ids.map((id) => put(alias, id, 1)), ...ids.map((id) => remove(alias, id, 2)))
        const kinds = results.map(({ kind }) => kind)
        expect(new Set(kinds)).toEqual(new Set(['done', 'unavailable']))
        expect(kinds.slice(0, 20)).toEqual(kinds.slice(20))
        await expect(
          search().get(
            alias,
            ids.map((id) => ({ id })),
          ),
        ).rejects.toMatchObject(unavailable)
        await expect(search().count(index)).rejects.toMatchObject(unavailable)
        await expect(search().walk({ index, limit: 1 })).rejects.toMatchObject(unavailable)
        await expect(search().unmarked(index, 1)).rejects.toMatchObject(unavailable)
        await expect(search().refresh(index)).rejects.toMatchObject(unavailable)
        await search().deleteIndex(index)
      })
    })

    it('says what it is', async () => {
      expect(await search().info()).toEqual({
        distribution: 'opensearch',
        version: expect.stringMatching(owned ? /^2\.19\.6$/ : /^\d+\.\d+/),
      })
    })
  })
}
