import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AttributeValue } from '../../../shared/dynamodb/attributes.ts'
import { canonicalNumber } from '../../../shared/dynamodb/number.ts'
import { NumberValue } from '../../../shared/migrations/index.ts'
import { toAttributes, toItem } from '../../../shared/migrations/values.ts'
import { memberNames, unordered } from './fixtures.ts'

const text = fc.string({ unit: 'grapheme', maxLength: 8 })
const name = fc.oneof(
  { arbitrary: fc.string({ minLength: 1, maxLength: 6 }), weight: 4 },
  fc.constantFrom(...memberNames),
)
const number = fc
  .tuple(fc.bigInt(-(10n ** 38n) + 1n, 10n ** 38n - 1n), fc.integer({ min: -130, max: 125 }))
  .map(([digits, exponent]) => canonicalNumber(`${digits}e${exponent}`))
  .filter((n) => n !== undefined)
const binary = fc.uint8Array({ maxLength: 6 })
const { attribute } = fc.letrec<{ attribute: AttributeValue }>((tie) => ({
  attribute: fc.oneof(
    { maxDepth: 4 },
    text.map((S) => ({ S })),
    number.map((N) => ({ N })),
    binary.map((B) => ({ B })),
    fc.boolean().map((BOOL) => ({ BOOL })),
    fc.constant({ NULL: true }),
    fc.uniqueArray(text, { minLength: 1, maxLength: 4 }).map((SS) => ({ SS })),
    fc.uniqueArray(number, { minLength: 1, maxLength: 4 }).map((NS) => ({ NS })),
    fc.uniqueArray(binary, { minLength: 1, maxLength: 3, selector: String }).map((BS) => ({ BS })),
    fc.array(tie('attribute'), { maxLength: 3 }).map((L) => ({ L })),
    fc.dictionary(name, tie('attribute'), { maxKeys: 3 }).map((M) => ({ M: { ...M } })),
  ),
}))

describe('values', () => {
  it('come back as they were, every type and all 38 digits', () => {
    fc.assert(
      fc.property(fc.dictionary(name, attribute), (generated) => {
        const attributes = { ...generated }
        expect(unordered(toAttributes(toItem(attributes)))).toEqual(unordered(attributes))
      }),
    )
  })

  it('are plain JavaScript', () => {
    const attributes = {
      s: { S: '' },
      n: { N: '-12.5' },
      long: { N: '12345678901234567890123456789012345678' },
      b: { B: Buffer.from('x') },
      none: { NULL: true },
      yes: { BOOL: true },
      list: { L: [{ N: '1' }, { M: { a: { S: 'b' } } }] },
      ss: { SS: ['a'] },
      ns: { NS: ['1', '9007199254740993'] },
      bs: { BS: [new Uint8Array([1])] },
    }
    const item = toItem(attributes, (value) => value)
    expect(item).toStrictEqual({
      s: '',
      n: -12.5,
      long: NumberValue.from('12345678901234567890123456789012345678'),
      b: new Uint8Array([120]),
      none: null,
      yes: true,
      list: [1, { a: 'b' }],
      ss: new Set(['a']),
      ns: new Set([1, NumberValue.from('9007199254740993')]),
      bs: new Set([new Uint8Array([1])]),
    })
  })

  it.each(['0', '0.1', '-7', '9007199254740991', '0.0000001', '1000000000000000000000'])(
    'are a number where no digit of %s is lost',
    (digits) => {
      expect(toItem({ n: { N: digits } })).toEqual({ n: Number(digits) })
    },
  )

  it('are a copy: bytes changed in an item do not reach the stored ones', () => {
    const B = new Uint8Array([1, 2])
    ;(toItem({ b: { B } }).b as Uint8Array)[0] = 9
    expect(B).toEqual(new Uint8Array([1, 2]))
  })

  it('keep an attribute named __proto__', () => {
    const attributes = JSON.parse('{"__proto__":{"M":{"__proto__":{"S":"x"}}}}')
    expect(JSON.stringify(toAttributes(toItem(attributes)))).toBe(JSON.stringify(attributes))
  })

  it('leave out what is undefined, except in a list, where that would move its neighbours', () => {
    expect(toAttributes({ a: undefined, m: { b: undefined } })).toEqual({ m: { M: {} } })
    expect(() => toAttributes({ l: [1, undefined] })).toThrow('at `l[]`: DynamoDB cannot store undefined')
  })

  it('accept bigint, and spell numbers as DynamoDB does', () => {
    expect(toAttributes({ a: 10n ** 37n, b: 1e21, c: 1e-7, d: NumberValue.from('+01.50'), e: -0 })).toEqual({
      a: { N: `1${'0'.repeat(37)}` },
      b: { N: `1${'0'.repeat(21)}` },
      c: { N: '0.0000001' },
      d: { N: '1.5' },
      e: { N: '0' },
    })
  })

  const circle: unknown[] = []
  circle.push(circle)
  it.each<[string, unknown, string]>([
    ['NaN', { n: Number.NaN }, 'at `n`: DynamoDB cannot store a number out of range'],
    ['infinity', { n: Number.POSITIVE_INFINITY }, 'a number out of range'],
    ['39 digits', { n: 10n ** 38n + 1n }, 'a number out of range'],
    ['a number too large', { n: 1e126 }, 'a number out of range'],
    ['a number too small', { n: 9.99e-131 }, 'a number out of range'],
    ['a NumberValue that is none', { n: NumberValue.from('seven') }, 'a number out of range'],
    ['an empty set', { a: { b: new Set() } }, 'at `a.b`: DynamoDB cannot store an empty set'],
    ['a mixed set', { s: new Set(['a', 1]) }, 'a set that is not all strings'],
    ['a set with one number twice', { s: new Set([1, NumberValue.from('1.0')]) }, 'a set with one value twice'],
    ['equal bytes in a set', { s: new Set([new Uint8Array(2), new Uint8Array(2)]) }, 'a set with one value twice'],
    ['a function', { f: () => 1 }, 'at `f`: DynamoDB cannot store function'],
    ['a symbol', { f: Symbol('x') }, 'symbol'],
    ['a date', { d: new Date(0) }, 'at `d`: DynamoDB cannot store Date'],
    ['a Map', { d: new Map() }, 'Map'],
    ['half a character', { s: '\ud83d' }, 'a lone surrogate'],
    ['an empty name', { m: { '': 1 } }, 'an attribute name of 0'],
    ['a value within itself', { circle }, 'more than 32 levels'],
  ])('refuse %s', (_, item, message) => {
    expect(() => toAttributes(item as object)).toThrow(message)
  })

  /** DynamoDB Local 3.3.1 takes a scalar in 31 lists, and not in 32. */
  it('nest as deep as DynamoDB allows', () => {
    const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)])
    expect(() => toAttributes({ a: nested(31) })).not.toThrow()
    expect(() => toAttributes({ a: nested(32) })).toThrow('more than 32 levels')
  })

  it('are not repeated in errors, nor are names that may be data', () => {
    const item = { people: { 'jane@example.com': [{ secret: new Date(0) }] } }
    expect(() => toAttributes(item)).toThrow('at `people.*[].secret`: DynamoDB cannot store Date')
  })
})

describe('a canonical number', () => {
  /** As DynamoDB Local 3.3.1 answers for what was put. */
  it.each([
    ['1e21', '1000000000000000000000'],
    ['1E-7', '0.0000001'],
    ['1.50', '1.5'],
    ['-0', '0'],
    ['00012', '12'],
    ['+5', '5'],
    ['.5', '0.5'],
    ['5.', '5'],
    ['1e-130', `0.${'0'.repeat(129)}1`],
    ['9.9999999999999999999999999999999999999E+125', `${'9'.repeat(38)}${'0'.repeat(88)}`],
    ['1234567890123456789012345678901234567800', '1234567890123456789012345678901234567800'],
    ['-120.0340', '-120.034'],
  ])('of %s is %s', (given, canonical) => {
    expect(canonicalNumber(given)).toBe(canonical)
  })

  it.each(['', '.', '-', 'e5', '1e', '1 ', '0x10', '1_0', 'NaN', '1e999999999', '1'.repeat(39)])(
    'does not exist for "%s"',
    (given) => {
      expect(canonicalNumber(given)).toBeUndefined()
    },
  )
})
