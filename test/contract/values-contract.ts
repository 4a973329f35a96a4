import { describe, expect, it } from 'vitest'
import type { Attributes } from '../../shared/dynamodb/attributes.ts'
import { comparable, item, type MakeTable, plainSchema, schemaWith } from './samples.ts'

const DIGITS_38 = '12345678901234567890123456789012345678'

/** One of everything that DynamoDB can hold. */
const everything: Attributes = {
  '\u0000': { S: 'a name that JSON escapes' },
  text: { S: 'día 😀 \u0000 "quoted" \\ \n' },
  empty: { S: '' },
  whole: { N: DIGITS_38 },
  fraction: { N: `-0.${DIGITS_38}` },
  split: { N: '1234567890123456789.0123456789012345678' },
  tiny: { N: `0.${'0'.repeat(129)}1` },
  huge: { N: `${'9'.repeat(38)}${'0'.repeat(88)}` },
  bytes: { B: Uint8Array.from([0, 127, 128, 255]) },
  noBytes: { B: new Uint8Array() },
  null: { NULL: true },
  yes: { BOOL: true },
  no: { BOOL: false },
  texts: { SS: ['', 'b', 'a'] },
  numbers: { NS: ['-1', '10', '9', DIGITS_38] },
  blobs: { BS: [Uint8Array.from([255]), Uint8Array.from([0, 1])] },
  list: { L: [{ NULL: true }, { S: '' }, { L: [] }, { M: {} }, { N: '0' }, { B: Uint8Array.from([1]) }] },
  map: { M: { ' ': { S: 'a space' }, deep: { M: { deeper: { L: [{ M: { numbers: { NS: ['1', '2'] } } }] } } } } },
  "it's": { S: "it's" },
  '"double"': { N: '1' },
  "''": { N: '2' },
  'a.b[0] ?': { N: '3' },
  'back\\slash\n': { N: '4' },
  'SELECT --': { N: '5' },
  '😀': { N: '6' },
  // Names that every JavaScript object has a member of.
  constructor: { S: 'Lotus' },
  toString: { N: '7' },
  valueOf: { N: '8' },
  hasOwnProperty: { BOOL: true },
  ['__proto__']: { M: { ['__proto__']: { S: 'deep' }, constructor: { NULL: true } } },
}

export function valuesContract(makeTable: MakeTable): void {
  describe('values', () => {
    it.each(['put', 'insert'] as const)('come back exactly as %s, digit for digit and byte for byte', async (write) => {
      const table = await makeTable(plainSchema)
      const written = item(plainSchema, { pk: { S: 'all' } }, everything)
      expect(await table[write]([written])).toEqual(['written'])
      const expected = comparable(written.attributes())
      const got = await table.get([written.key])
      const scanned = await table.scan({ segment: 0, totalSegments: 1, limit: 10, consistent: true })
      const queried = await table.query({ pk: { S: 'all' }, limit: 10, consistent: true })
      for (const items of [got, scanned.items, queried.items])
        expect(items.map((each) => comparable(each.attributes()))).toEqual([expected])
    })

    it.each([
      ['1.50', '1.5'],
      ['1E2', '100'],
      ['-0', '0'],
      ['+.5', '0.5'],
      ['0012', '12'],
      ['-1.5e-3', '-0.0015'],
    ])('spell the number %s as %s, as an attribute and as a key', async (given, stored) => {
      const schema = schemaWith('N')
      const table = await makeTable(schema)
      const pk = { S: 'pk' }
      await table.put([item(schema, { pk, sk: { N: given } }, { number: { N: given } })])
      const { items } = await table.query({ pk, limit: 10, consistent: true })
      expect(items.map((each) => each.attributes())).toEqual([{ pk, sk: { N: stored }, number: { N: stored } }])
      expect(await table.insert([item(schema, { pk, sk: { N: stored } })])).toEqual(['present'])
      expect(await table.get([{ pk, sk: { N: given } }])).toHaveLength(1)
    })

    it('of one reader are not those of another', async () => {
      const table = await makeTable(plainSchema)
      await table.put([item(plainSchema, { pk: { S: 'a' } }, { map: { M: { n: { N: '1' } } } })])
      const [first] = await table.get([{ pk: { S: 'a' } }])
      const map = first?.attributes().map
      if (map && 'M' in map) map.M.n = { N: '2' }
      const [second] = await table.get([{ pk: { S: 'a' } }])
      expect(second?.attributes().map).toEqual({ M: { n: { N: '1' } } })
    })
  })
}
