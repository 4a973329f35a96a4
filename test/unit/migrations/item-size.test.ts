import { describe, expect, it } from 'vitest'
import type { AttributeValue } from '../../../shared/dynamodb/attributes.ts'
import { itemBytes } from '../../../shared/dynamodb/item-size.ts'

/** The bytes of a value alone. */
const sizeOf = (value: AttributeValue) => itemBytes({ n: value }) - 1

describe('the size of an item', () => {
  it('is the UTF-8 bytes of names and values', () => {
    expect(itemBytes({ pk: { S: 'abc' }, é: { S: '€😀' } })).toBe(2 + 3 + 2 + 3 + 4)
  })

  /** Each found by filling an item of DynamoDB Local 3.3.1 to the last byte it took. */
  it.each<[string, number]>([
    ['0', 1],
    ['1', 2],
    ['12', 2],
    ['123', 3],
    ['1000', 2],
    ['1010', 3],
    ['1.2', 3],
    ['100.5', 4],
    ['0.001', 2],
    ['-12', 3],
    ['-3.14159', 6],
    [`1${'0'.repeat(125)}`, 2],
    [`0.${'0'.repeat(129)}1`, 2],
    ['12345678901234567890123456789012345678', 20],
    ['1234567890123456789012345678901234567.8', 21],
    ['-1234567890123456789012345678901234567.8', 21],
  ])('counts the number %s as %d bytes', (number, bytes) => {
    expect(sizeOf({ N: number })).toBe(bytes)
  })

  it.each<[string, AttributeValue, number]>([
    ['a null', { NULL: true }, 1],
    ['a boolean', { BOOL: false }, 1],
    ['binary', { B: new Uint8Array(7) }, 7],
    ['an empty map', { M: {} }, 3],
    ['a map with one entry', { M: { a: { S: 'b' } } }, 3 + 1 + 2],
    ['a list of two', { L: [{ S: 'a' }, { BOOL: true }] }, 3 + 2 + 2],
    ['a set of strings', { SS: ['a', 'bb'] }, 3],
    ['a set of numbers', { NS: ['1.5', '-2', '300'] }, 3 + 3 + 2],
    ['a set of binary', { BS: [new Uint8Array(3)] }, 3],
    ['nested values', { M: { a: { M: { b: { L: [{ N: '1' }, { M: {} }] } } } } }, 20],
  ])('counts %s', (_, value, bytes) => {
    expect(sizeOf(value)).toBe(bytes)
  })
})
