import { describe, expect, it } from 'vitest'
import { encodeKey, type Key } from '../../shared/dynamodb/key.ts'
import { item, type MakeTable, plainSchema, schemaWith } from './samples.ts'

export function getContract(makeTable: MakeTable): void {
  describe('a get', () => {
    it('answers the items that are there, of up to 100 keys', async () => {
      const schema = schemaWith('N')
      const table = await makeTable(schema)
      const keys = Array.from({ length: 100 }, (_, i) => ({ pk: { S: `pk${i % 3}` }, sk: { N: `${i}` } }))
      const there = keys.slice(0, 60)
      await table.put(there.map((key) => item(schema, key, { of: key.sk })))
      const got = await table.get(keys)
      expect(got.map(({ key }) => encodeKey(key)).toSorted()).toEqual(there.map(encodeKey).toSorted())
      for (const { key, attributes } of got) expect(attributes()).toEqual({ ...key, of: key.sk })
    })

    it('answers nothing for no keys', async () => {
      const table = await makeTable(plainSchema)
      expect(await table.get([])).toEqual([])
    })

    it.each<[string, Key]>([
      ['an empty partition key', { pk: { S: '' }, sk: { S: 'a' } }],
      ['an empty sort key', { pk: { S: 'a' }, sk: { S: '' } }],
      ['a partition key above 2,048 bytes', { pk: { S: 'x'.repeat(2_049) }, sk: { S: 'a' } }],
      ['a sort key above 1,024 bytes', { pk: { S: 'a' }, sk: { S: 'x'.repeat(1_025) } }],
    ])('refuses %s', async (_, key) => {
      const table = await makeTable(schemaWith('S'))
      await expect(table.get([key])).rejects.toMatchObject({ name: 'DynamoDbError', code: 'invalid-request' })
    })

    it('refuses more than 100 keys, repeated keys and keys of another type', async () => {
      const table = await makeTable(plainSchema)
      const many = Array.from({ length: 101 }, (_, i) => ({ pk: { S: `${i}` } }))
      const refused = { name: 'DynamoDbError', code: 'invalid-request', retryable: false }
      await expect(table.get(many)).rejects.toMatchObject(refused)
      await expect(table.get([{ pk: { S: 'a' } }, { pk: { S: 'a' } }])).rejects.toMatchObject(refused)
      await expect(table.get([{ pk: { N: '1' } }])).rejects.toMatchObject(refused)
    })
  })
}
