import { describe, expect, it } from 'vitest'
import { compareKeyValues } from '../../shared/chunks/order.ts'
import type { KeyType, KeyValue } from '../../shared/dynamodb/attributes.ts'
import type { QueryRequest, Table } from '../../shared/dynamodb/ports.ts'
import {
  allPages,
  anySortKeys,
  fill,
  greatest,
  item,
  KEY_TYPES,
  type MakeTable,
  ordered,
  plainSchema,
  schemaWith,
} from './samples.ts'

const hot = { S: 'hot' }

export function queryContract(makeTable: MakeTable): void {
  const page = (table: Table, request: Partial<QueryRequest>) =>
    table.query({ pk: hot, limit: 1000, consistent: true, ...request })
  const found = async (table: Table, request: Partial<QueryRequest>) =>
    (await page(table, request)).items.map(({ key }) => key.sk)
  const range = (after?: KeyValue, upTo?: KeyValue) => ({ ...(after && { after }), ...(upTo && { upTo }) })

  describe.each(KEY_TYPES)('a query by a sort key of type %s', (type: KeyType) => {
    const all = ordered[type]
    /** Every second key is there, so that bounds are met that are not. */
    const there = all.filter((_, i) => i % 2 === 0)
    const within = (low: number, high: number) => there.filter((sk) => all.indexOf(sk) > low && all.indexOf(sk) <= high)

    it('answers the items of one key in order, and backwards', async () => {
      const table = await makeTable(schemaWith(type))
      await fill(table, all.toReversed(), ['before', 'after'])
      expect(await found(table, {})).toEqual(all)
      expect(await found(table, { reverse: true })).toEqual(all.toReversed())
      expect(await found(table, { reverse: true, limit: 1 })).toEqual(all.slice(-1))
    })

    it('has the order that the engine reckons with', async () => {
      const sorted = anySortKeys(type).toSorted(compareKeyValues)
      const distinct = sorted.filter((sk, i) => i === 0 || compareKeyValues(sorted[i - 1]!, sk) !== 0)
      const table = await makeTable(schemaWith(type))
      await fill(
        table,
        distinct.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
      )
      const answered = (await found(table, {})) as KeyValue[]
      expect(answered).toHaveLength(distinct.length)
      expect(answered.filter((sk, i) => compareKeyValues(sk, distinct[i]!) !== 0)).toEqual([])
    })

    it('answers after < sk <= upTo for any two bounds, there or not, and backwards the same items', async () => {
      const table = await makeTable(schemaWith(type))
      await fill(table, there)
      for (let low = -1; low < all.length; low++)
        for (let high = low; high < all.length; high++) {
          const bounds = range(all[low], high === -1 ? undefined : all[high])
          const expected = high === -1 ? there : within(low, high)
          expect(await found(table, bounds), `(${low}, ${high}]`).toEqual(expected)
          const reversed = await found(table, { ...bounds, reverse: true })
          expect(reversed, `(${low}, ${high}] reversed`).toEqual(expected.toReversed())
        }
    })

    it('leaves an end open that is not given', async () => {
      const table = await makeTable(schemaWith(type))
      await fill(table, there)
      for (const [i, bound] of all.entries()) {
        for (const reverse of [false, true]) {
          const inOrder = (keys: KeyValue[]) => (reverse ? keys.toReversed() : keys)
          expect(await found(table, { after: bound, reverse })).toEqual(inOrder(within(i, all.length)))
          expect(await found(table, { upTo: bound, reverse })).toEqual(inOrder(within(-1, i)))
        }
      }
    })

    it('takes the greatest possible sort key as either bound', async () => {
      const table = await makeTable(schemaWith(type))
      await fill(table, all)
      expect(await found(table, { upTo: greatest[type] })).toEqual(all)
      expect(await found(table, { after: all[0]!, upTo: greatest[type] })).toEqual(all.slice(1))
      expect(await found(table, { after: greatest[type] })).toEqual([])
      expect(await found(table, { after: greatest[type], upTo: greatest[type] })).toEqual([])
    })

    it('continues a range page by page without repeating or leaving out an item', async () => {
      const table = await makeTable(schemaWith(type))
      await fill(table, all)
      const upTo = all.at(-2)!
      for (const limit of [1, 2, 3, 100]) {
        const { items } = await allPages((next) => page(table, { limit, ...range(next?.sk ?? all[0]!, upTo) }))
        expect(items.map(({ key }) => key.sk)).toEqual(all.slice(1, -1))
      }
    })
  })

  describe('a query', () => {
    it('ends at its limit, and says where to go on as long as something may follow', async () => {
      const table = await makeTable(schemaWith('S'))
      await fill(table, ordered.S)
      const some = await page(table, { limit: 3 })
      expect(some.items).toHaveLength(3)
      expect(some.next).toEqual({ pk: hot, sk: ordered.S[2] })
      expect((await page(table, { limit: 100 })).next).toBeUndefined()
    })

    it('answers an empty range that ends where it starts, however its numbers are spelled', async () => {
      const table = await makeTable(schemaWith('N'))
      await fill(table, [{ N: '1' }, { N: '100' }])
      expect(await found(table, { after: { N: '1.0' }, upTo: { N: '1' } })).toEqual([])
      expect(await found(table, { after: { N: '1E2' }, upTo: { N: '100.00' }, reverse: true })).toEqual([])
      expect(await found(table, { after: { N: '1.0' }, upTo: { N: '1E2' }, reverse: true })).toEqual([{ N: '100' }])
    })

    it('refuses a range that ends before it starts', async () => {
      const table = await makeTable(schemaWith('N'))
      await expect(page(table, { after: { N: '2' }, upTo: { N: '1' } })).rejects.toMatchObject({
        code: 'invalid-request',
      })
    })

    it('answers nothing for a partition key that is not there', async () => {
      const table = await makeTable(schemaWith('S'))
      await fill(table, ordered.S)
      // Where the service says what a page took, it took nothing.
      const { units = 0, ...found } = await page(table, { pk: { S: 'absent' } })
      expect({ ...found, units }).toEqual({ items: [], units: 0 })
    })

    it('answers the one item of a key in a table without a sort key, and refuses ranges there', async () => {
      const table = await makeTable(plainSchema)
      await table.put([item(plainSchema, { pk: hot }), item(plainSchema, { pk: { S: 'other' } })])
      expect((await page(table, {})).items.map(({ key }) => key)).toEqual([{ pk: hot }])
      await expect(page(table, { after: hot })).rejects.toMatchObject({ code: 'invalid-request' })
    })
  })
}
