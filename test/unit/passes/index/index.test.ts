import { expect, it } from 'vitest'
import { SearchError } from '../../../../shared/search/errors.ts'
import type { Write, WriteFailure } from '../../../../shared/search/ports.ts'
import { building, key } from './world.ts'

const counts = { produced: 0, written: 0, present: 0, rejected: 0, collided: 0 }

it('writes the document of each item into each index that has one, and counts them by alias', async () => {
  const w = await building()
  w.put(['a', 1], ['b', 2], ['user1', 3], ['c', 'none'])
  const tallies = await w.apply()
  expect(tallies).toMatchObject({ read: 4, produced: 3, written: 3 })
  expect(tallies.aliases).toEqual({
    cases: { ...counts, produced: 2, written: 2 },
    users: { ...counts, produced: 1, written: 1 },
  })
  expect(w.documents('cases')).toEqual({ a: 1, b: 2 })
  expect(w.documents('users')).toEqual({ user1: 3 })
})

it('leaves what a change has written, and counts it as there', async () => {
  const w = await building()
  w.put(['a', 1])
  const before = await w.read()
  w.put(['a', 2])
  await w.change('a')
  expect(await w.apply(before)).toMatchObject({ produced: 1, present: 1 })
  expect(w.documents('cases')).toEqual({ a: 2 })
})

it('a document that a change has deleted counts as there: its ticket decides', async () => {
  const w = await building()
  w.put(['a', 1])
  const before = await w.read()
  w.table.delete(key('a'))
  await w.change('a')
  expect(await w.apply(before)).toMatchObject({ produced: 1, present: 1 })
  expect(w.documents('cases')).toEqual({})
})

it('a page that is repeated finds its documents there', async () => {
  const w = await building()
  w.put(['a'], ['b'], ['user1'])
  await w.apply()
  expect(await w.apply()).toMatchObject({ read: 3, produced: 3, written: 0, present: 3 })
})

it('of two items with one id one is written, and the other counts as collided, on one page or on two', async () => {
  const w = await building()
  w.put(['same1', 1], ['same2', 2])
  const items = await w.read()
  expect(await w.apply(items)).toMatchObject({ produced: 2, written: 1, collided: 1 })
  expect(await w.apply([items[1]!])).toMatchObject({ produced: 1, collided: 1 })
  expect(await w.apply([items[0]!])).toMatchObject({ produced: 1, present: 1 })
  expect(w.bulks.every((bulk) => new Set(bulk.map(({ id }) => id)).size === bulk.length)).toBe(true)
})

it('lists what cannot be made, and what the mapping does not take; the rest is written', async () => {
  const w = await building()
  w.put(['a', 'no number'], ['b', 'throws'], ['c', 3])
  expect(await w.apply()).toMatchObject({ read: 3, produced: 3, written: 1, rejected: 2 })
  expect(w.listed().map((reasons) => Object.keys(reasons as object))).toEqual([['cases'], ['cases']])
  expect(await w.ticket('a')).toMatchObject({ version: 1, sent: 1, rejected: 1 })
})

it('a page that is repeated counts what it has listed as rejected again', async () => {
  const w = await building()
  w.put(['a', 'no number'])
  await w.apply()
  expect(await w.apply()).toMatchObject({ produced: 1, rejected: 1 })
})

it('a late rejection does not list an item whose later document was accepted', async () => {
  const w = await building()
  w.put(['a', 'no number'])
  const before = await w.read()
  w.put(['a', 2])
  await w.change('a')
  expect(await w.apply(before)).toMatchObject({ produced: 1, present: 1, rejected: 0 })
  expect(w.listed()).toEqual([])
  expect(w.documents('cases')).toEqual({ a: 2 })
})

it('an item that was listed is taken off the list by a change that is accepted', async () => {
  const w = await building()
  w.put(['a', 'no number'])
  await w.apply()
  w.put(['a', 2])
  await w.change('a')
  expect(w.listed()).toEqual([{}])
})

it('a document that is too large alone is listed; the others of its bulk are written', async () => {
  const w = await building({ limits: { requestBytes: 400, pressureBytes: 50e6 } })
  w.put(['a'], ['b'], ['throws'.repeat(50)])
  expect(await w.apply()).toMatchObject({ produced: 3, written: 2, rejected: 1 })
})

it('a document that is refused alone for too much pressure fails the page: it may fit a larger node', async () => {
  const w = await building({ limits: { requestBytes: 50e6, pressureBytes: 400 } })
  w.put(['a'], ['b'.repeat(300)])
  await expect(w.apply()).rejects.toMatchObject({ code: 'search-pressure', retryable: true })
  expect(w.documents('cases')).toEqual({ a: 1 })
})

it.each<[WriteFailure, string, boolean]>([
  ['blocked', 'search-blocked', true],
  ['unavailable', 'search-unavailable', true],
  ['access-denied', 'search-access-denied', false],
  ['invalid-request', 'search-invalid-request', false],
])('a write that stays %s fails the page', async (kind, code, retryable) => {
  const w = await building({ fail: ({ id }: Write) => (id === 'a' ? kind : undefined) })
  w.put(['a'], ['b'])
  await expect(w.apply()).rejects.toMatchObject({ code, retryable })
  expect(w.listed()).toEqual([])
})

it('a bulk without an answer is sent again, and may land later: that is recorded', async () => {
  let lost = 1
  const w = await building({
    around: (search) => ({
      async bulk(writes) {
        const results = await search.bulk(writes)
        if (lost-- > 0) throw new SearchError('search-unavailable', 'no answer')
        return results
      },
    }),
  })
  w.put(['a'])
  expect(await w.apply()).toMatchObject({ produced: 1, present: 1 })
  expect(w.unanswered()).toBe(1)
})

it('an index that is deleted in mid-build ends the pass and loses the build, however the page was sent', async () => {
  const w = await building()
  w.put(['a'])
  await w.apply()
  await w.search.deleteIndex(w.indices.cases!.name)
  await expect(w.apply()).rejects.toMatchObject({ reason: 'index lost' })
  expect(await w.build()).toMatchObject({ state: 'lost', because: 'replaced' })
})

it('nothing is written into another index of the same name', async () => {
  const w = await building()
  const { name } = w.indices.cases!
  await w.search.deleteIndex(name)
  await w.search.createIndex(name, { settings: {}, mappings: {}, aliases: [`${name}-W`] })
  w.put(['a'])
  await expect(w.apply()).rejects.toMatchObject({ reason: 'index lost' })
  expect(w.documents('cases')).toEqual({})
  expect(await w.build()).toMatchObject({ state: 'lost', because: 'replaced' })
})

it('an alias that a cluster does not know for a moment loses no build', async () => {
  let unknown = 1
  const w = await building({
    around: (search) => ({ indices: async (name) => (unknown-- > 0 ? [] : search.indices(name)) }),
  })
  w.put(['a'])
  expect(await w.apply()).toMatchObject({ written: 1 })
  expect(await w.build()).toMatchObject({ state: 'building' })
})
