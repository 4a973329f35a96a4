import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Attributes } from '../../../shared/dynamodb/attributes.ts'
import { type RawItem, rawItem } from '../../../shared/dynamodb/raw-item.ts'
import type { Item, Migration } from '../../../shared/migrations/index.ts'
import { migrateItem } from '../../../shared/migrations/migrate-item.ts'
import { migration, pkAndSk, raw } from './fixtures.ts'

const run = (item: RawItem, ...migrations: Migration[]) => migrateItem(migrations, pkAndSk, item)

/** The result with outputs as attributes. */
function plain(item: RawItem, ...migrations: Migration[]) {
  const migrated = run(item, ...migrations)
  return 'outputs' in migrated
    ? { ...migrated, outputs: migrated.outputs.map((output) => ({ ...output.attributes() })) }
    : migrated
}

const withKey = { pk: { S: 'a' }, sk: { S: 'b' } }

describe('an item no migration claims', () => {
  it('passes as it came: the same object, its attributes unread', () => {
    const item: RawItem = {
      key: { pk: { S: 'user|1' } },
      attributes() {
        throw new Error('read')
      },
    }
    const migrated = run(item, migration({ applies: { keyPrefix: { pk: 'case|' } } }))
    expect(migrated).toEqual({ kind: 'untouched', outputs: [item] })
    expect(migrated.kind === 'untouched' && migrated.outputs[0]).toBe(item)
  })

  it('passes identical, whatever is in it', () => {
    const attributes = fc.dictionary(
      fc.string({ minLength: 1 }),
      fc.string().map((S) => ({ S })),
    )
    const bystanders = [
      migration({ id: 'm1', applies: { keyPrefix: { pk: 'other|' } } }),
      migration({ id: 'm2', applies: { attribute: { name: 'kind', equals: 'other' } } }),
      migration({ id: 'm3', applies: () => false }),
    ]
    fc.assert(
      fc.property(attributes, (generated) => {
        const item = raw(generated)
        const before = JSON.stringify(item.attributes())
        const migrated = run(item, ...bystanders)
        expect(migrated.kind === 'untouched' && migrated.outputs[0]).toBe(item)
        expect(JSON.stringify(item.attributes())).toBe(before)
      }),
    )
  })
})

describe('a claimed item', () => {
  it('becomes one item', () => {
    const up = (item: Item) => ({ ...item, sk: 'c', n: 1 })
    expect(plain(raw(), migration({ up }))).toMatchObject({
      kind: 'migrated',
      outputs: [{ pk: { S: 'a' }, sk: { S: 'c' }, n: { N: '1' } }],
    })
  })

  it('becomes several, their keys at hand', () => {
    const up = (item: Item) => [item, { ...item, sk: 'c' }]
    const migrated = run(raw(), migration({ up }))
    expect(migrated.kind === 'migrated' && migrated.outputs.map(({ key }) => key)).toEqual([
      { pk: { S: 'a' }, sk: { S: 'b' } },
      { pk: { S: 'a' }, sk: { S: 'c' } },
    ])
  })

  it.each([null, undefined, []])('is dropped when up returns %j', (nothing) => {
    expect(run(raw(), migration({ up: () => nothing }))).toEqual({ kind: 'dropped' })
  })

  it('counts as migrated even where up returns it unchanged', () => {
    expect(plain(raw({ x: { BOOL: true } }), migration())).toMatchObject({
      kind: 'migrated',
      outputs: [{ ...withKey, x: { BOOL: true } }],
    })
  })

  it('is left as it was by an up that changes its argument', () => {
    const item = raw({ list: { L: [{ B: new Uint8Array([1]) }] } })
    const before = structuredClone(item.attributes())
    const up = (it: Item) => {
      const list = it.list as Uint8Array[]
      list.pop()?.fill(9)
      return it
    }
    run(item, migration({ up }))
    expect(item.attributes()).toEqual(before)
  })
})

describe('pending migrations', () => {
  const split = migration({
    id: 'split',
    up: (item: Item) => [
      { ...item, n: 1 },
      { ...item, sk: 'c', n: 2 },
    ],
  })

  it('run in order, each on the outputs of the one before', () => {
    const increment = migration({ id: 'increment', up: (item: Item) => ({ ...item, n: (item.n as number) + 10 }) })
    expect(plain(raw(), split, increment)).toMatchObject({ outputs: [{ n: { N: '11' } }, { n: { N: '12' } }] })
  })

  it('claim outputs one by one', () => {
    const drop = migration({ id: 'drop', applies: { keyPrefix: { sk: 'b' } }, up: () => null })
    expect(plain(raw(), split, drop)).toMatchObject({ kind: 'migrated', outputs: [{ sk: { S: 'c' }, n: { N: '2' } }] })
  })

  it('leave nothing when the last drops everything', () => {
    const drop = migration({ id: 'drop', up: () => null })
    const never = migration({ id: 'never', up: () => expect.unreachable() })
    expect(run(raw(), split, drop, never)).toEqual({ kind: 'dropped' })
  })

  it('quarantine the item whole, and say which of them did', () => {
    const halfBad = migration({ id: 'half-bad', applies: { keyPrefix: { sk: 'c' } }, up: () => ({}) })
    expect(run(raw(), split, halfBad)).toEqual({
      kind: 'quarantined',
      migration: 'half-bad',
      reason: 'output: key attribute `pk` is missing',
    })
  })

  it('notice when an output takes the key of one that was passed by', () => {
    const collide = migration({
      id: 'collide',
      applies: { keyPrefix: { sk: 'c' } },
      up: (item: Item) => ({ ...item, sk: 'b' }),
    })
    expect(run(raw(), split, collide)).toMatchObject({ migration: 'collide', reason: 'two outputs have the same key' })
  })

  it('may pass a key on within one migration: a swap is no collision', () => {
    const swap = migration({ id: 'swap', up: (item: Item) => ({ ...item, sk: item.sk === 'b' ? 'c' : 'b' }) })
    expect(plain(raw(), split, swap)).toMatchObject({ outputs: [{ sk: { S: 'c' } }, { sk: { S: 'b' } }] })
  })
})

describe('a declared claim', () => {
  const claims = (applies: Migration['applies'], attributes: Attributes = {}) =>
    run(raw(attributes), migration({ applies })).kind === 'migrated'

  it('goes by the beginning of keys', () => {
    expect(claims({ keyPrefix: { pk: 'a' } })).toBe(true)
    expect(claims({ keyPrefix: { pk: 'a', sk: 'b' } })).toBe(true)
    expect(claims({ keyPrefix: { pk: 'a', sk: 'x' } })).toBe(false)
    expect(claims({ keyPrefix: { pk: 'b' } })).toBe(false)
  })

  it('does not match keys that are no strings, or not there', () => {
    const schema = { pk: { name: 'id', type: 'N' } } as const
    const item = rawItem(schema, { id: { N: '12' } })
    expect(migrateItem([migration({ applies: { keyPrefix: { pk: '1' } } })], schema, item).kind).toBe('untouched')
    expect(migrateItem([migration({ applies: { keyPrefix: { sk: '' } } })], schema, item).kind).toBe('untouched')
  })

  it('goes by one attribute and its value', () => {
    const equals = (value: string | number | boolean | null) => ({ attribute: { name: 'x', equals: value } })
    expect(claims(equals('1'), { x: { S: '1' } })).toBe(true)
    expect(claims(equals('1'), { x: { N: '1' } })).toBe(false)
    expect(claims(equals(1), { x: { N: '1' } })).toBe(true)
    expect(claims(equals(1e21), { x: { N: `1${'0'.repeat(21)}` } })).toBe(true)
    expect(claims(equals(1), { x: { N: '2' } })).toBe(false)
    expect(claims(equals(true), { x: { BOOL: true } })).toBe(true)
    expect(claims(equals(false), { x: { BOOL: true } })).toBe(false)
    expect(claims(equals(null), { x: { NULL: true } })).toBe(true)
    expect(claims(equals(null))).toBe(false)
  })

  it('needs both where both are given', () => {
    const both = { keyPrefix: { pk: 'a' }, attribute: { name: 'x', equals: 'y' } }
    expect(claims(both, { x: { S: 'y' } })).toBe(true)
    expect(claims(both, { x: { S: 'z' } })).toBe(false)
  })
})
