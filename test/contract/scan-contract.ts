import { describe, expect, it } from 'vitest'
import { encodeKey, type Key } from '../../shared/dynamodb/key.ts'
import type { Table } from '../../shared/dynamodb/ports.ts'
import {
  allPages,
  fill,
  greatest,
  item,
  KEY_TYPES,
  type MakeTable,
  ordered,
  plainSchema,
  schemaWith,
} from './samples.ts'

const PKS = Array.from({ length: 30 }, (_, i) => `pk${i}`)

export function scanContract(makeTable: MakeTable): void {
  const scanned = async (table: Table, segment = 0, totalSegments = 1, limit = 1000, start?: Key) => {
    const { items } = await allPages((after = start) =>
      table.scan({ segment, totalSegments, limit, consistent: true, ...(after && { after }) }),
    )
    return items.map(({ key }) => encodeKey(key))
  }
  /** The segment of `totalSegments` that takes this start key. */
  const segmentsTaking = async (table: Table, after: Key, totalSegments: number) => {
    const taking: number[] = []
    for (let segment = 0; segment < totalSegments; segment++) {
      const page = table.scan({ segment, totalSegments, after, limit: 1, consistent: true })
      await page.then(
        () => taking.push(segment),
        (error) => expect(error).toMatchObject({ name: 'DynamoDbError', code: 'invalid-request' }),
      )
    }
    return taking
  }

  describe('a scan', () => {
    it('answers nothing for an empty table', async () => {
      const table = await makeTable(plainSchema)
      // Where the service says what a page took, it took nothing.
      const request = { segment: 0, totalSegments: 1, limit: 10, consistent: false }
      const { units = 0, ...found } = await table.scan(request)
      expect({ ...found, units }).toEqual({ items: [], units: 0 })
    })

    it.each(KEY_TYPES)('answers the items of a partition key together and in sort-key order (%s)', async (type) => {
      const table = await makeTable(schemaWith(type))
      await fill(table, ordered[type].toReversed(), PKS)
      const all = await scanned(table)
      const hot = ordered[type].map((sk) => encodeKey({ pk: { S: 'hot' }, sk }))
      const first = all.indexOf(hot[0] as string)
      expect(all).toHaveLength(hot.length + PKS.length)
      expect(all.slice(first, first + hot.length)).toEqual(hot)
    })

    it.each([1, 2, 3, 7])('covers the table exactly once in %i segments, whatever the page size', async (segments) => {
      const table = await makeTable(schemaWith('S'))
      await fill(table, ordered.S, PKS)
      const all = await scanned(table)
      for (const limit of [1, 4, 1000]) {
        const parts: string[][] = []
        for (let segment = 0; segment < segments; segment++) parts.push(await scanned(table, segment, segments, limit))
        expect(parts.flat().toSorted()).toEqual(all.toSorted())
      }
    })

    it('covers a table without a sort key exactly once', async () => {
      const table = await makeTable(plainSchema)
      await table.put(PKS.map((S) => item(plainSchema, { pk: { S } })))
      const all = [...(await scanned(table, 0, 2, 3)), ...(await scanned(table, 1, 2, 3))]
      expect(all.toSorted()).toEqual(PKS.map((S) => encodeKey({ pk: { S } })).toSorted())
    })

    it('has a next page exactly when the limit has ended it', async () => {
      const table = await makeTable(schemaWith('S'))
      await fill(table, ordered.S)
      const count = ordered.S.length
      const last = { pk: { S: 'hot' }, sk: ordered.S.at(-1)! }
      const scan = (limit: number) => table.scan({ segment: 0, totalSegments: 1, limit, consistent: true })
      expect((await scan(count)).next).toEqual(last)
      expect((await scan(count + 1)).next).toBeUndefined()
      expect((await scan(count - 1)).next).toEqual({ pk: { S: 'hot' }, sk: ordered.S.at(-2) })
    })

    it.each(KEY_TYPES)('jumps over the rest of a key from its greatest possible sort key (%s)', async (type) => {
      const table = await makeTable(schemaWith(type))
      await fill(table, ordered[type], PKS)
      const all = await scanned(table)
      const start = { pk: { S: 'hot' }, sk: greatest[type] }
      const rest = all.slice(all.findLastIndex((key) => key.includes('S:hot')) + 1)
      expect(await scanned(table, 0, 1, 1000, start)).toEqual(rest)
      const [segment] = await segmentsTaking(table, start, 5)
      const inSegment = await scanned(table, segment, 5)
      const jumped = await scanned(table, segment, 5, 1000, start)
      expect(jumped).toEqual(inSegment.filter((key) => rest.includes(key)))
    })

    it.each(KEY_TYPES)('starts after a sort key that is not there (%s)', async (type) => {
      const table = await makeTable(schemaWith(type))
      const there = ordered[type].filter((_, i) => i % 2 === 0)
      await fill(table, there)
      for (const [i, sk] of ordered[type].entries()) {
        const keys = await scanned(table, 0, 1, 1000, { pk: { S: 'hot' }, sk })
        expect(keys).toEqual(there.slice(Math.floor(i / 2) + 1).map((sk) => encodeKey({ pk: { S: 'hot' }, sk })))
      }
    })

    it('starts after a partition key that is not there', async () => {
      const table = await makeTable(plainSchema)
      await table.put(PKS.map((S) => item(plainSchema, { pk: { S } })))
      const all = await scanned(table)
      const rest = await scanned(table, 0, 1, 1000, { pk: { S: 'absent' } })
      expect(rest).toEqual(all.slice(all.length - rest.length))
    })

    it('takes a start key in its own segment only, whether it is there or not', async () => {
      const table = await makeTable(schemaWith('S'))
      await fill(table, ordered.S, PKS)
      const own = await segmentsTaking(table, { pk: { S: 'hot' }, sk: ordered.S[0]! }, 6)
      expect(own).toHaveLength(1)
      expect(await scanned(table, own[0], 6)).toContain(encodeKey({ pk: { S: 'hot' }, sk: ordered.S[0]! }))
      expect(await segmentsTaking(table, { pk: { S: 'hot' }, sk: greatest.S }, 6)).toEqual(own)
      expect(await segmentsTaking(table, { pk: { S: 'absent' }, sk: { S: 'absent' } }, 6)).toHaveLength(1)
    })
  })
}
