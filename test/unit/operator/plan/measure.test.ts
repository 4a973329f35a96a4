import { describe, expect, test } from 'vitest'
import * as z from 'zod/mini'
import { rawItem } from '../../../../shared/dynamodb/raw-item.ts'
import type { TableIndex } from '../../../../shared/dynamodb/sdk/describe.ts'
import { defineMigration } from '../../../../shared/migrations/migration.ts'
import { measure } from '../../../../shared/operator/plan/measure.ts'
import { indexBytes, readUnitsOf, scanUnitsOf, writeUnitsOf } from '../../../../shared/operator/plan/units.ts'

const schema = { pk: { name: 'pk', type: 'S' }, sk: { name: 'sk', type: 'S' } } as const
const item = (sk: string, attributes = {}) => rawItem(schema, { pk: { S: 'p' }, sk: { S: sk }, ...attributes })

/** Each item gets a twin under another key, and what is marked bad is quarantined. */
const twins = defineMigration({
  id: 'twins',
  title: 'Twins',
  applies: () => true,
  source: z.object({ sk: z.string() }),
  target: z.object({ sk: z.string() }),
  up(it) {
    if (it.sk === 'bad') throw new Error('bad')
    return [it, { ...it, sk: `${it.sk}|twin` }]
  },
  inverse: (key) => ({ ...key, sk: String(key.sk).replace('|twin', '') }),
})

describe('units', () => {
  test('are one for each started KB written, and each started 4 KB read, an absent item included', () => {
    expect([writeUnitsOf(1), writeUnitsOf(1_024), writeUnitsOf(1_025)]).toEqual([1, 1, 2])
    expect([readUnitsOf(0), readUnitsOf(4_096), readUnitsOf(4_097)]).toEqual([1, 1, 2])
  })

  test('of a scan are halved where it is eventually consistent', () => {
    expect([scanUnitsOf(40_960, true), scanUnitsOf(40_960, false)]).toEqual([10, 5])
  })
})

describe('an item in an index', () => {
  const attributes = { pk: { S: 'pp' }, sk: { S: 'ss' }, status: { S: 'open' }, text: { S: 'x'.repeat(100) } }
  const index = (projected: TableIndex['projected'], keys = ['status']): TableIndex => ({
    name: 'i',
    kind: 'global',
    keys,
    projected,
  })
  const bytes = (projected: TableIndex['projected'], keys?: string[]) =>
    indexBytes(attributes, index(projected, keys), ['pk', 'sk'])

  test('takes its keys and what is projected', () => {
    expect(bytes([])).toBe(2 + 2 + 2 + 2 + 6 + 4)
    expect(bytes(['text'])).toBe(18 + 104)
    expect(bytes('all')).toBe(122)
    expect(bytes(['absent'])).toBe(18)
  })

  test('takes nothing where it lacks one of the keys', () => {
    expect(bytes('all', ['status', 'absent'])).toBe(0)
  })
})

describe('a page', () => {
  test('is measured as it is where the migrations are not known', () => {
    const page = { items: [item('a'), item('b', { text: { S: 'x'.repeat(5_000) } })] }
    expect(measure(page, { schema, indexes: [] })).toMatchObject({
      items: 2,
      outputs: 2,
      quarantined: 0,
      writeUnits: 1 + 5,
      readUnits: 1 + 2,
      originUnits: 1 + 2,
    })
  })

  test('is measured by what the pending migrations make of it', () => {
    const page = { items: [item('a'), item('bad')] }
    const { bytes, ...sums } = measure(page, { schema, indexes: [], migrations: [twins] })
    // The key `a` is its own origin; `a|twin` may come from itself or from `a`.
    expect(sums).toMatchObject({
      items: 2,
      quarantined: 1,
      outputs: 2,
      writeUnits: 2,
      readUnits: 2,
      originUnits: 1 + 2,
    })
    expect(bytes).toBe(6 + 8)
  })

  test('counts indexes; the local ones share the units of the table', () => {
    const indexes: TableIndex[] = [
      { name: 'g', kind: 'global', keys: ['status'], projected: 'all' },
      { name: 'l', kind: 'local', keys: ['pk', 'date'], projected: 'all' },
    ]
    const page = { items: [item('a', { status: { S: 'open' } }), item('b', { date: { S: '2021' } })] }
    const { writeUnits, indexes: sums } = measure(page, { schema, indexes })
    expect(sums.map((sum) => sum.writeUnits)).toEqual([1, 1])
    expect(writeUnits).toBe(2 + 1)
  })
})
