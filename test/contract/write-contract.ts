import { describe, expect, it } from 'vitest'
import type { Attributes, KeyValue } from '../../shared/dynamodb/attributes.ts'
import { sameKeyValue } from '../../shared/dynamodb/key.ts'
import type { RawItem } from '../../shared/dynamodb/raw-item.ts'
import { allPages, item, KEY_TYPES, type MakeTable, ordered, plainSchema, schemaWith } from './samples.ts'

export function writeContract(makeTable: MakeTable): void {
  const schema = schemaWith('S')
  const one = (sk: string, rest: Attributes = {}) => item(schema, { pk: { S: 'pk' }, sk: { S: sk } }, rest)
  const key = (sk: string) => ({ pk: { S: 'pk' }, sk: { S: sk } })
  const numbered = (count: number, rest?: Attributes) =>
    Array.from({ length: count }, (_, i) => one(`${i}`.padStart(4, '0'), rest))

  describe('a put', () => {
    it('writes any number of items and replaces whole ones', async () => {
      const table = await makeTable(schema)
      expect(await table.put([])).toEqual([])
      expect(await table.put(numbered(130, { old: { BOOL: true } }))).toEqual(new Array(130).fill('written'))
      await table.put([one('0007', { new: { BOOL: true } })])
      const [replaced] = await table.get([key('0007')])
      expect(replaced?.attributes()).toEqual({ ...key('0007'), new: { BOOL: true } })
      const { items } = await table.query({ pk: { S: 'pk' }, limit: 1000, consistent: true })
      expect(items).toHaveLength(130)
    })
  })

  describe('an insert', () => {
    it('writes what is absent, leaves alone what is present, and says which, in the order asked', async () => {
      const table = await makeTable(schema)
      expect(await table.insert([])).toEqual([])
      const there = numbered(70).filter((_, i) => i % 3 === 0)
      await table.put(there.map(({ key }) => item(schema, key, { by: { S: 'application' } })))
      const results = await table.insert(numbered(70, { by: { S: 'copy' } }))
      expect(results).toEqual(results.map((_, i) => (i % 3 === 0 ? 'present' : 'written')))
      const { items } = await table.query({ pk: { S: 'pk' }, limit: 1000, consistent: true })
      expect(items.map((each) => each.attributes().by)).toEqual(
        results.map((result) => ({ S: result === 'present' ? 'application' : 'copy' })),
      )
    })

    it.each(KEY_TYPES)('recognises keys of type %s', async (type) => {
      const schema = schemaWith(type)
      const table = await makeTable(schema)
      const items = ordered[type].map((sk: KeyValue) => item(schema, { pk: { S: 'pk' }, sk }))
      expect(await table.insert(items)).toEqual(items.map(() => 'written'))
      expect(await table.insert(items)).toEqual(items.map(() => 'present'))
    })

    it.each(['#id', ':id', '#pk', ':v0', "it's", 'a b', 'a.b', '?', '__proto__'])(
      'does so where the partition key is named %s',
      async (name) => {
        const named = { pk: { name, type: 'S' } } as const
        const table = await makeTable(named)
        const items = ['a', 'b'].map((S) => item(named, { pk: { S } }, { '#other': { N: '1' }, ':other': { N: '2' } }))
        expect(await table.insert(items.slice(0, 1))).toEqual(['written'])
        expect(await table.insert(items)).toEqual(['present', 'written'])
        expect(await table.get(items.map(({ key }) => key))).toHaveLength(2)
      },
    )

    it('does so in a table without a sort key', async () => {
      const table = await makeTable(plainSchema)
      const items = ['a', 'b', 'c'].map((S) => item(plainSchema, { pk: { S } }))
      await table.put(items.slice(1, 2))
      expect(await table.insert(items)).toEqual(['written', 'present', 'written'])
    })

    it('takes items of many and long-named attributes between narrow ones', async () => {
      const wide: Attributes = {}
      for (let i = 0; i < 300; i++) wide[`attribute ${i} ${'é'.repeat(50)}`] = { N: `${i}` }
      const table = await makeTable(schema)
      const items = [one('a'), one('b', wide), one('c'), one('d', wide)]
      await table.put([one('c'), one('d')])
      expect(await table.insert(items)).toEqual(['written', 'written', 'present', 'present'])
      const got = await table.get([key('b'), key('d')])
      const attributes = (sk: string) => got.find((each) => sameKeyValue(each.key.sk!, { S: sk }))?.attributes()
      expect(attributes('b')).toEqual({ ...key('b'), ...wide })
      expect(attributes('d')).toEqual(key('d'))
    })
  })

  describe('put and insert', () => {
    it.each<[string, RawItem]>([
      ['an empty sort key', one('')],
      ['a sort key above 1,024 bytes', one('x'.repeat(1025))],
      ['an item above 400 KB', one('a', { text: { S: 'x'.repeat(409_600) } })],
      ['an empty set', one('a', { set: { SS: [] } })],
      ['an attribute without a name', one('a', { map: { M: { '': { S: 'secret' } } } })],
      ['a number of 39 digits', one('a', { number: { N: '123456789012345678901234567890123456789' } })],
      ['a number that is none', one('a', { number: { N: 'secret' } })],
      ['a key of another type', { key: { pk: { S: 'pk' } }, attributes: () => ({ pk: { S: 'pk' }, sk: { N: '1' } }) }],
      ['a name over 65,535 bytes', one('a', { ['é'.repeat(32_768)]: { N: '1' } })],
    ])('refuse %s, do not quote it, and write its neighbours', async (_, poison) => {
      for (const operation of ['put', 'insert'] as const) {
        const table = await makeTable(schema)
        const neighbours = numbered(60)
        const results = await table[operation]([...neighbours.slice(0, 30), poison, ...neighbours.slice(30)])
        const [refusal] = results.splice(30, 1)
        expect(results).toEqual(neighbours.map(() => 'written'))
        expect(refusal).toEqual({ refused: expect.stringMatching(/./) })
        expect(JSON.stringify(refusal)).not.toMatch(/secret|xxx|1234567/)
        const { items } = await table.query({ pk: { S: 'pk' }, limit: 100, consistent: true })
        expect(items).toHaveLength(60)
      }
    })

    it('take, page and get 17 MB of large items', { timeout: 30_000 }, async () => {
      const table = await makeTable(schema)
      const items = numbered(50, { text: { S: 'x'.repeat(350_000) } })
      expect(await table.put(items.slice(0, 30))).toEqual(new Array(30).fill('written'))
      expect(await table.insert(items)).toEqual(items.map((_, i) => (i < 30 ? 'present' : 'written')))
      const { pages } = await allPages((after) =>
        table.query({ pk: { S: 'pk' }, limit: 1000, consistent: true, ...(after?.sk && { after: after.sk }) }),
      )
      expect(pages.map((page) => page.items.length)).toEqual([...new Array(16).fill(3), 2])
      expect(await table.get(items.map((each) => each.key))).toHaveLength(50)
    })
  })
}
