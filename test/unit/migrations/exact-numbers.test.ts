import { isDeepStrictEqual } from 'node:util'
import { NumberValueImpl } from '@aws-sdk/util-dynamodb'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import * as mini from 'zod/mini'
import type { AttributeValue } from '../../../shared/dynamodb/attributes.ts'
import { type Item, type Migration, NumberValue } from '../../../shared/migrations/index.ts'
import { migrateItem } from '../../../shared/migrations/migrate-item.ts'
import { toAttributes } from '../../../shared/migrations/values.ts'
import { apply } from '../../../testing/index.ts'
import { migration, pkAndSk, raw } from './fixtures.ts'

const digits = '3804086584686624768'
const stored: Record<string, AttributeValue> = {
  id: { N: digits },
  deep: { M: { list: { L: [{ S: 'x' }, { N: digits }] }, id: { N: digits } } },
}
const sets: Record<string, AttributeValue> = {
  tags: { SS: ['a', 'b'] },
  bytes: { B: new Uint8Array([1, 2]) },
  deep: { M: { blobs: { BS: [new Uint8Array([1])] }, list: { L: [{ NS: ['1', digits] }] } } },
}

// biome-ignore lint/suspicious/noExplicitAny: migrations without types are what this is about.
type Any = any

const names = ['pk', 'sk', 'id', 'deep', 'list', 'tags', 'bytes', 'blobs']

/** Ways in which code copies what it does not know, and drops what the value is made of. */
const copies: [string, (item: Any) => Any][] = [
  ['structuredClone', (item) => ({ ...structuredClone(item), v: 2 })],
  ['JSON', (item) => JSON.parse(JSON.stringify(item))],
  ['JSON of some attributes', (item) => JSON.parse(JSON.stringify(item, [...names, '0', '1']))],
  ['a spread of each value', (item) => mapValues(item, (value) => (isObject(value) ? { ...value } : value))],
  ['a walk over entries', walk],
  ['a walk that leaves functions out', (item) => walk(item, (value) => typeof value !== 'function')],
  ['a walk that renames', (item) => walk(item, undefined, (name) => (/^[a-z]+$/.test(name) ? name : 'renamed'))],
  ['Object.assign', (item) => mapValues(item, (value) => (isObject(value) ? Object.assign({}, value) : value))],
  [
    'a spread, and JSON of it',
    (item) => JSON.parse(JSON.stringify(mapValues(item, (v) => (isObject(v) ? { ...v } : v)))),
  ],
]

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function mapValues(item: object, make: (value: unknown) => unknown): object {
  return Object.fromEntries(Object.entries(item).map(([name, value]) => [name, make(value)]))
}

function walk(value: Any, keeps: (value: unknown) => boolean = () => true, rename = (name: string) => name): Any {
  if (Array.isArray(value)) return value.map((each) => walk(each, keeps, rename))
  if (!isObject(value)) return value
  const kept = Object.entries(value).filter(([, each]) => keeps(each))
  return Object.fromEntries(kept.map(([name, each]) => [rename(name), walk(each, keeps, rename)]))
}

function migrated(
  up: (item: Any) => unknown,
  attributes: Record<string, AttributeValue>,
  parts: Partial<Migration> = {},
) {
  return migrateItem([migration({ up, ...parts })], pkAndSk, raw(attributes))
}

/** Whether an item came out as it was, or not at all: anything else is silent corruption. */
function expectUnharmed(result: ReturnType<typeof migrated>, attributes: Record<string, AttributeValue>): void {
  if (result.kind === 'quarantined') return
  const [output] = (result as { outputs: ReturnType<typeof raw>[] }).outputs
  const { v: _, ...rest } = output!.attributes()
  expect(rest).toEqual(raw(attributes).attributes())
}

describe.each([
  ['zod, loose', z.looseObject({}), z.looseObject({ pk: z.string() })],
  ['zod, records of anything', z.record(z.string(), z.any()), z.record(z.string(), z.any())],
  ['zod/mini, loose', mini.looseObject({}), mini.looseObject({})],
])('a copy of an exact number is quarantined, behind schemas of %s', (_, source, target) => {
  it.each(copies)('made by %s', (_, up) => {
    const result = migrated(up, stored, { source, target })
    expect(result.kind).toBe('quarantined')
    expect(JSON.stringify(result)).not.toContain(digits)
  })

  it.each(copies)('made by %s, of a set and of bytes, where it is not exact', (_, up) => {
    expectUnharmed(migrated(up, sets, { source, target }), sets)
  })
})

describe.each(Object.keys(sets))('a copy of %s', (name) => {
  it.each(copies)('made by %s, is exact or quarantined', (_, up) => {
    const only = { [name]: sets[name] as AttributeValue }
    expectUnharmed(migrated(up, only), only)
  })
})

describe('an exact number', () => {
  const up = (make: (id: Any) => unknown) => migrated((item) => ({ ...item, made: make(item.id) }), stored)

  it('is carried on with every digit by a spread of the item and by structuredClone of the rest', () => {
    expectUnharmed(
      migrated((item) => ({ ...item, v: 2 }), stored),
      stored,
    )
    expectUnharmed(
      migrated((item) => ({ ...structuredClone({ pk: item.pk }), ...item }), stored),
      stored,
    )
  })

  it.each<[string, (id: Any) => unknown]>([
    ['+ 1', (id) => id + 1],
    ['- 1', (id) => id - 1],
    ['* 2', (id) => id * 2],
    ['+ text', (id) => id + String(id)],
    ['unary +', (id) => +id],
    ['Number()', (id) => Number(id)],
    ['Math', (id) => Math.max(id, 1)],
    ['<', (id) => id < 5],
    // biome-ignore lint/suspicious/noDoubleEquals: it is what is tried.
    ['== 5', (id) => id == 5],
    ['++', (id) => ++id],
    ['JSON', (id) => JSON.stringify({ id })],
  ])('throws under %s, which names the place in the migration', (_, make) => {
    expect(up(make)).toMatchObject({
      kind: 'quarantined',
      reason: expect.stringMatching(/^up threw ExactValueError at exact-numbers\.test\.ts:\d+$/),
    })
  })

  it('gives its digits as text and as a bigint', () => {
    const id = NumberValue.from(digits)
    expect(`${id}`).toBe(digits)
    expect([String(id), id.value, id.toString(), [id].join()]).toEqual([digits, digits, digits, digits])
    expect(id.toBigInt()).toBe(3804086584686624768n)
    expect(up((id) => `id-${id}`)).toMatchObject({ kind: 'migrated' })
  })

  it('is made of text, a bigint or a number that is exact', () => {
    expect(
      toAttributes({ a: NumberValue.from('1.50'), b: new NumberValue(10n ** 30n), c: NumberValue.from(7) }),
    ).toEqual({
      a: { N: '1.5' },
      b: { N: `1${'0'.repeat(30)}` },
      c: { N: '7' },
    })
    expect(() => NumberValue.from(2 ** 60)).toThrow('Write it as text or as a bigint')
    expect(() => NumberValue.from(Number.NaN)).toThrow('Write it as text or as a bigint')
  })

  it('equals another with the same digits, and no other, in the tests of migrations', () => {
    const [one, same, other] = [digits, digits, `${digits}1`].map((text) => NumberValue.from(text))
    expect(one).toStrictEqual(same)
    expect(one).not.toEqual(other)
    expect(isDeepStrictEqual([one], [same])).toBe(true)
    expect(isDeepStrictEqual([one], [other])).toBe(false)
  })

  it('comes out of the test kit as it was made, beside sets and bytes that are plain', () => {
    const item = { pk: 'a', sk: 'b', id: NumberValue.from(digits), tags: new Set(['a']), bytes: new Uint8Array([1]) }
    const { outputs } = apply([migration()], item) as { outputs: Item[] }
    expect(outputs).toStrictEqual([item])
    expect(isDeepStrictEqual(outputs, [item])).toBe(true)
  })

  it('of another copy of the package is stored, if its digits are a number', async () => {
    const other = await import('../../../shared/migrations/number-value.ts?another' as string)
    expect(other.NumberValue).not.toBe(NumberValue)
    const made = (value: unknown) => migrated((item) => ({ ...item, made: value }), {})
    expect(made(other.NumberValue.from(digits))).toMatchObject({ kind: 'migrated' })
    expect(made(other.NumberValue.from('seven')).kind).toBe('quarantined')
    expect(made(Object.assign(other.NumberValue.from('7'), { 'Segue value': { N: '7' } })).kind).toBe('quarantined')
    expect(made(structuredCloneWithoutFunctions(other.NumberValue.from(digits))).kind).toBe('quarantined')
  })

  it('of the AWS SDK is a reason', () => {
    expect(migrated((item) => ({ ...item, made: NumberValueImpl.from(digits) }), {})).toMatchObject({
      reason: 'output: at `made`: DynamoDB cannot store NumberValue',
    })
  })
})

function structuredCloneWithoutFunctions(value: object): object {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => typeof each !== 'function'))
}

describe('bytes of an output', () => {
  it('are a copy: a buffer used for the next item does not change them', () => {
    const buffer = new Uint8Array([1])
    const result = migrated((item) => ({ ...item, bytes: buffer, set: new Set([buffer]) }), {}) as Any
    buffer[0] = 9
    expect(result.outputs[0].attributes()).toMatchObject({
      bytes: { B: new Uint8Array([1]) },
      set: { BS: [new Uint8Array([1])] },
    })
  })
})
