import { describe, expect, it } from 'vitest'
import type { Attributes } from '../../shared/dynamodb/attributes.ts'
import type { TableSchema } from '../../shared/dynamodb/key.ts'
import { migrateItem } from '../../shared/migrations/migrate-item.ts'
import { item, type MakeTable, schemaWith } from './samples.ts'

const S = (name: string) => ({ name, type: 'S' }) as const
const N = (name: string) => ({ name, type: 'N' }) as const
const B = (name: string) => ({ name, type: 'B' }) as const

const schema: TableSchema = {
  ...schemaWith('S'),
  indexKeys: [
    { attributes: [S('s')], maxBytes: 2_048 },
    { attributes: [S('t')], maxBytes: 1_024 },
    { attributes: [N('n')], maxBytes: 2_048 },
    { attributes: [B('b')], maxBytes: 1_024 },
    // The sort key of the table, which may be as long here as it is there.
    { attributes: [S('sk')], maxBytes: 2_048 },
    { attributes: [S('p1'), B('p2'), S('p3')], maxBytes: 2_048 },
    { attributes: [S('q1'), N('q2')], maxBytes: 1_024 },
  ],
}

const text = (length: number) => ({ S: 'x'.repeat(length) })
const bytes = (length: number) => ({ B: new Uint8Array(length) })
const number = '-1234567890123456789012345678901234567.8'

const taken: Attributes[] = [
  {},
  { s: text(2_048), t: text(1_024), n: { N: number }, b: bytes(1_024) },
  { s: { S: 'é'.repeat(1_024) } },
  { other: text(0), s: text(1) },
  { p1: text(1_000), p2: bytes(1_000), p3: text(48) },
  { p1: text(2_048) },
  { p1: text(1_024), p3: text(1_024) },
  { q1: text(1_022), q2: { N: '12' } },
  { q1: text(1_021), q2: { N: '-12' } },
  { q1: text(1_003), q2: { N: number } },
]

const refused: Attributes[] = [
  { s: text(0) },
  { b: bytes(0) },
  { p2: bytes(0) },
  { s: { N: '1' } },
  { s: { NULL: true } },
  { s: { SS: ['a'] } },
  { n: { S: '1' } },
  { b: { S: 'a' } },
  { p3: { BOOL: true } },
  { s: text(2_049) },
  { s: { S: `${'é'.repeat(1_024)}x` } },
  { t: text(1_025) },
  { b: bytes(1_025) },
  { p1: text(1_000), p2: bytes(1_000), p3: text(49) },
  { p1: text(1_025), p3: text(1_024) },
  { q1: text(1_023), q2: { N: '12' } },
  { q1: text(1_022), q2: { N: '-12' } },
  { q1: text(1_004), q2: { N: number } },
]

/** That a table with indexes takes just the items that the engine would write to it. */
export function indexContract(makeTable: MakeTable): void {
  describe('a table with indexes', () => {
    it('takes what fits its index keys, and items that lack them', async () => {
      const table = await makeTable(schema)
      for (const [i, attributes] of taken.entries()) {
        const one = item(schema, { pk: { S: 'pk' }, sk: { S: `${i}` } }, attributes)
        expect([i, migrateItem([], schema, one).kind]).toEqual([i, 'untouched'])
        expect([i, ...(await table.insert([one]))]).toEqual([i, 'written'])
        expect([i, ...(await table.put([one]))]).toEqual([i, 'written'])
      }
    })

    it('refuses what does not', async () => {
      const table = await makeTable(schema)
      for (const [i, attributes] of refused.entries()) {
        const one = item(schema, { pk: { S: 'pk' }, sk: { S: `${i}` } }, attributes)
        expect([i, migrateItem([], schema, one).kind]).toEqual([i, 'quarantined'])
        for (const write of [table.put, table.insert]) {
          expect([i, ...(await write.call(table, [one]))]).toEqual([i, { refused: expect.any(String) }])
        }
      }
      expect((await table.scan({ segment: 0, totalSegments: 1, limit: 10, consistent: true })).items).toEqual([])
    })
  })
}
