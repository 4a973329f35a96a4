import { describe, expect, expectTypeOf, it } from 'vitest'
import * as z from 'zod'
import { defineMigration, MigrationsModuleError, NumberValue } from '../../../shared/migrations/index.ts'
import { apply } from '../../../testing/index.ts'
import { migration } from './fixtures.ts'

const key = { pk: z.string(), sk: z.string() }
const item = { pk: 'user|1', sk: 'user|1', name: ' Jane ', extra: { kept: [1, null, ''] } }

describe('schemas check and never rewrite', () => {
  it('so attributes a schema would strip, default, coerce or transform stay as they are stored', () => {
    const rewriting = z.object({ ...key, name: z.string().trim(), role: z.string().default('none') })
    const seen: unknown[] = []
    const copy = defineMigration({
      id: 'copy',
      title: 'copies',
      applies: () => true,
      source: rewriting,
      target: rewriting,
      up(given) {
        seen.push(given)
        return { ...given, copied: true }
      },
    })
    expect(apply([copy], item)).toEqual({ kind: 'migrated', outputs: [{ ...item, copied: true }] })
    expect(seen).toEqual([item])
  })
})

describe('the types of a migration', () => {
  it('give `up` what the source schema accepts and ask for what the target accepts', () => {
    defineMigration({
      id: 'typed',
      title: 'typed',
      applies: { attribute: { name: 'kind', equals: 'User' } },
      source: z.object({ ...key, role: z.string().default('none') }),
      target: z.union([z.object({ ...key, n: z.number() }), z.object({ ...key, flag: z.literal(true) })]),
      up(given) {
        expectTypeOf(given).toEqualTypeOf<{ pk: string; sk: string; role?: string | undefined }>()
        if (given.role === 'none') return null
        if (given.role === 'one') return { ...given, n: 1 }
        return [
          { ...given, n: 1 },
          { ...given, sk: 'flag', flag: true as const },
        ]
      },
    })
    defineMigration({
      id: 'mistyped',
      title: 'mistyped',
      applies: () => true,
      source: z.object(key),
      target: z.object({ ...key, n: z.number() }),
      // @ts-expect-error: `n` must be a number.
      up: (given) => ({ ...given, n: 'one' }),
    })
  })
})

describe('the test kit', () => {
  it('shows in plain values what a run would do', () => {
    const stored = { ...item, long: NumberValue.from('12345678901234567890123456789012345678'), tags: new Set(['a']) }
    expect(apply([migration({ applies: () => false })], stored)).toEqual({ kind: 'untouched', outputs: [stored] })
    expect(apply([migration()], stored)).toEqual({ kind: 'migrated', outputs: [stored] })
    expect(apply([migration({ up: () => [] })], stored)).toEqual({ kind: 'dropped' })
    expect(apply([migration({ up: () => 'text' })], stored)).toEqual({
      kind: 'quarantined',
      migration: 'm1',
      reason: 'up: expected items or nothing, got string',
    })
  })

  it('works on tables with another key', () => {
    const up = () => ({ id: 2 })
    const key = { pk: { name: 'id', type: 'N' } } as const
    expect(apply([migration({ up })], { id: 1 }, key)).toEqual({ kind: 'migrated', outputs: [{ id: 2 }] })
  })

  it('refuses what a run would refuse, and items that could not be in the table', () => {
    expect(() => apply([migration(), migration()], item)).toThrow(MigrationsModuleError)
    expect(() => apply([migration()], { pk: 'a' })).toThrow('Expected an item with the key')
    expect(() => apply([migration()], { ...item, at: new Date(0) })).toThrow('at `at`: DynamoDB cannot store Date')
  })
})
