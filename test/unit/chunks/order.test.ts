import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compareKeyValues, maxKeyValue } from '../../../shared/chunks/order.ts'
import type { KeyValue } from '../../../shared/dynamodb/attributes.ts'
import { anyNumber, keyType, keyValue } from './arbitraries.ts'

const runs = { numRuns: 10_000 }
const order = (a: KeyValue, b: KeyValue) => Math.sign(compareKeyValues(a, b))

describe('the order of sort keys', () => {
  test('strings are ordered by code point, which is the order of their UTF-8 bytes', () => {
    fc.assert(
      fc.property(keyValue.S, keyValue.S, (a, b) => {
        expect(order(a, b)).toBe(compareLists(codePoints(a), codePoints(b)))
      }),
      runs,
    )
  })

  test('emoji sort after the last UTF-16 unit, where JavaScript puts them before it', () => {
    expect('😀' < '\uffff').toBe(true)
    expect(order({ S: '😀' }, { S: '\uffff' })).toBe(1)
  })

  test('numbers are ordered by value, to the last of 38 digits', () => {
    fc.assert(
      fc.property(anyNumber, anyNumber, (a, b) => {
        expect(order({ N: a }, { N: b })).toBe(compareDecimals(a, b))
      }),
      runs,
    )
  })

  test.each([
    ['12345678901234567890123456789012345678', '12345678901234567890123456789012345679', -1],
    ['-1', '-2', 1],
    ['-1E-130', '0', -1],
    ['1E-130', '2E-130', -1],
    ['1.2345678901234567890123456789012345678E-130', '1.2345678901234567890123456789012345679E-130', -1],
    ['100', '1E+2', 0],
    ['1.0', '1', 0],
    ['-0', '0', 0],
    ['.5', '0.5', 0],
    ['9', '10', -1],
  ])('%s against %s is %i', (a, b, expected) => {
    expect(order({ N: a }, { N: b })).toBe(expected)
    expect(order({ N: b }, { N: a })).toBe(expected === 0 ? 0 : -expected)
  })

  test('bytes are unsigned, and a key comes before its extensions', () => {
    fc.assert(
      fc.property(keyValue.B, keyValue.B, (a, b) => {
        expect(order(a, b)).toBe(compareLists([...(a as { B: Uint8Array }).B], [...(b as { B: Uint8Array }).B]))
      }),
      runs,
    )
    expect(order({ B: Uint8Array.of(0x7f) }, { B: Uint8Array.of(0x80) })).toBe(-1)
  })

  test('two types are refused: one table never holds both', () => {
    expect(() => compareKeyValues({ S: '1' }, { N: '1' })).toThrow('Expected two key values of one type, got S and N')
  })

  test('what is no number is refused without printing it', () => {
    expect(() => compareKeyValues({ N: 'secret' }, { N: '1' })).toThrow(
      /^Expected a number as DynamoDB spells them.*text$/,
    )
  })
})

describe('the greatest sort key', () => {
  test('lies at or above every valid sort key of its type', () => {
    fc.assert(
      fc.property(
        keyType.chain((type) => keyValue[type].map((value) => ({ type, value }))),
        ({ type, value }) => {
          expect(order(maxKeyValue(type), value)).toBeGreaterThanOrEqual(0)
        },
      ),
      runs,
    )
  })

  test('is as long as a sort key may be', () => {
    expect(Buffer.byteLength((maxKeyValue('S') as { S: string }).S)).toBe(1024)
    expect((maxKeyValue('B') as { B: Uint8Array }).B).toEqual(new Uint8Array(1024).fill(255))
    expect((maxKeyValue('N') as { N: string }).N).toBe('9.9999999999999999999999999999999999999E+125')
  })

  test('lies above a string of 1,024 bytes of \\uffff', () => {
    expect(order(maxKeyValue('S'), { S: '\uffff'.repeat(341) })).toBe(1)
  })
})

function codePoints(value: KeyValue): number[] {
  return Array.from((value as { S: string }).S, (character) => character.codePointAt(0)!)
}

function compareLists(a: number[], b: number[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) if (a[i] !== b[i]) return a[i]! < b[i]! ? -1 : 1
  return Math.sign(a.length - b.length)
}

/** Compares `[-]d.dddE±x` by sign, exponent and digits: shares nothing with the code under test. */
function compareDecimals(a: string, b: string): number {
  const [x, y] = [a, b].map((each) => {
    const [, sign, first, rest, exponent] = /^(-?)(\d)\.(\d+)E(-?\d+)$/.exec(each)!
    return { sign: sign === '-' ? -1 : 1, exponent: Number(exponent), digits: (first! + rest!).padEnd(40, '0') }
  }) as [{ sign: number; exponent: number; digits: string }, { sign: number; exponent: number; digits: string }]
  if (x.sign !== y.sign) return x.sign
  if (x.exponent !== y.exponent) return x.sign * Math.sign(x.exponent - y.exponent)
  return x.digits === y.digits ? 0 : x.sign * (x.digits < y.digits ? -1 : 1)
}
