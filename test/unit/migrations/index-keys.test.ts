import { describe, expect, it } from 'vitest'
import type { Attributes } from '../../../shared/dynamodb/attributes.ts'
import type { IndexKey, TableSchema } from '../../../shared/dynamodb/key.ts'
import { migrateItem } from '../../../shared/migrations/migrate-item.ts'
import { toItem } from '../../../shared/migrations/values.ts'
import { memberNames, migration, pkAndSk, raw } from './fixtures.ts'

const S = (name: string) => ({ name, type: 'S' }) as const
const secret = 'jane@example.com'

function under(indexKeys: IndexKey[], attributes: Attributes) {
  const schema: TableSchema = { ...pkAndSk, indexKeys }
  const untouched = migrateItem([], schema, raw(attributes))
  const made = migrateItem([migration({ up: () => ({ pk: 'a', sk: 'b', ...toItem(attributes) }) })], schema, raw())
  return { untouched, made }
}

/** Why the destination's indexes refuse these attributes; the same whether a migration made them or none did. */
function reasonOf(indexKeys: IndexKey[], attributes: Attributes): string | undefined {
  const { untouched, made } = under(indexKeys, attributes)
  if (untouched.kind !== 'quarantined') {
    expect([untouched.kind, made.kind]).toEqual(['untouched', 'migrated'])
    return undefined
  }
  expect(untouched.migration).toBe('no migration')
  expect(made).toEqual({ kind: 'quarantined', migration: 'm1', reason: `output: ${untouched.reason}` })
  expect(untouched.reason).not.toContain('jane')
  return untouched.reason
}

const status: IndexKey[] = [{ attributes: [S('status')], maxBytes: 2_048 }]
const rank: IndexKey[] = [{ attributes: [S('rank')], maxBytes: 1_024 }]

describe('an item is quarantined when an index key attribute of the destination', () => {
  it('has another type', () => {
    expect(reasonOf(status, { status: { N: '1' } })).toBe('index key attribute `status`: expected S, got N')
    expect(reasonOf(status, { status: { NULL: true } })).toBe('index key attribute `status`: expected S, got NULL')
    expect(reasonOf(status, { status: { L: [{ S: secret }] } })).toBe('index key attribute `status`: expected S, got L')
  })

  it('is empty, of text or of bytes', () => {
    expect(reasonOf(status, { status: { S: '' } })).toBe('index key attribute `status` is empty')
    const bytes: IndexKey[] = [{ attributes: [{ name: 'b', type: 'B' }], maxBytes: 1_024 }]
    expect(reasonOf(bytes, { b: { B: new Uint8Array() } })).toBe('index key attribute `b` is empty')
  })

  it('is too long, in bytes', () => {
    expect(reasonOf(status, { status: { S: 'é'.repeat(1_024) } })).toBeUndefined()
    expect(reasonOf(status, { status: { S: `${'é'.repeat(1_024)}x` } })).toBe(
      'index key attribute `status` is longer than 2,048 bytes',
    )
    expect(reasonOf(rank, { rank: { S: secret.repeat(64) } })).toBeUndefined()
    expect(reasonOf(rank, { rank: { S: `${secret.repeat(64)}x` } })).toBe(
      'index key attribute `rank` is longer than 1,024 bytes',
    )
  })

  it('is too long for one of the indexes that have it', () => {
    const both = [...status, { attributes: [S('status')], maxBytes: 1_024 }]
    expect(reasonOf(both, { status: { S: 'x'.repeat(1_025) } })).toBe(
      'index key attribute `status` is longer than 1,024 bytes',
    )
  })

  it('is too long together with the others of its key', () => {
    const key: IndexKey[] = [{ attributes: [S('a'), { name: 'n', type: 'N' }, S('c')], maxBytes: 1_024 }]
    const [a, n] = [{ S: 'x'.repeat(600) }, { N: '-123.45' }]
    expect(reasonOf(key, { a, n, c: { S: 'x'.repeat(419) } })).toBeUndefined()
    expect(reasonOf(key, { a, n, c: { S: 'x'.repeat(420) } })).toBe(
      'index key attributes `a`, `n`, `c` are longer than 1,024 bytes',
    )
    expect(reasonOf(key, { a, c: { S: 'x'.repeat(425) } })).toBe(
      'index key attributes `a`, `c` are longer than 1,024 bytes',
    )
  })
})

describe('an item is not quarantined when', () => {
  it('it lacks an index key attribute: it is not in that index', () => {
    expect(reasonOf([...status, ...rank], {})).toBeUndefined()
    expect(reasonOf([...status, ...rank], { rank: { S: 'x' } })).toBeUndefined()
    for (const name of memberNames)
      expect(reasonOf([{ attributes: [S(name)], maxBytes: 2_048 }], {}), name).toBeUndefined()
  })

  it('a migration mends what the indexes would refuse', () => {
    const mends = migration({ up: (item) => ({ ...(item as object), status: 'open' }) })
    const schema: TableSchema = { ...pkAndSk, indexKeys: status }
    expect(migrateItem([mends], schema, raw({ status: { S: '' } })).kind).toBe('migrated')
  })
})
