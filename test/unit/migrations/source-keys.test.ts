import { describe, expect, it } from 'vitest'
import type { Key } from '../../../shared/dynamodb/key.ts'
import type { Migration } from '../../../shared/migrations/migration.ts'
import { sourceKeys } from '../../../shared/migrations/source-keys.ts'
import { migration, pkAndSk } from './fixtures.ts'

const key = (pk: string): Key => ({ pk: { S: pk }, sk: { S: 'x' } })
const throwing = () => {
  throw new RangeError('a defect of the inverse')
}
const saying = (answer: object) => migration({ inverse: () => answer })

describe('the source keys of a destination item', () => {
  it('are its own and what each inverse says, over one another', () => {
    const first = migration({ inverse: ({ pk }) => ({ pk: `first ${pk}`, sk: 'x' }) })
    const second = migration({ inverse: ({ pk }) => ({ pk: `second ${pk}`, sk: 'x' }) })
    const { keys, complete } = sourceKeys([first, second], pkAndSk, key('a'))
    expect(keys).toEqual([key('a'), key('second a'), key('first a'), key('first second a')])
    expect(complete).toBe(true)
  })

  it.each<[string, object]>([
    ['an empty partition key', { pk: '', sk: 'x' }],
    ['an empty sort key', { pk: 'a', sk: '' }],
    ['a partition key of 2,049 bytes', { pk: 'x'.repeat(2_049), sk: 'x' }],
    ['a sort key of 1,025 bytes', { pk: 'a', sk: `${'é'.repeat(512)}x` }],
  ])('hold no key that an item cannot have: %s', (_, answer) => {
    expect(sourceKeys([saying(answer)], pkAndSk, key('a'))).toEqual({ keys: [key('a')], complete: true })
  })

  it.each<[string, Migration]>([
    ['does not exist', migration()],
    ['throws', migration({ inverse: throwing })],
    ['answers half a key', saying({ pk: 'a' })],
    ['answers a key of another type', saying({ pk: 1, sk: 'x' })],
    ['answers a promise', saying(Promise.resolve({ pk: 'b', sk: 'x' }))],
    ['answers what no item can hold', saying({ pk: Number.NaN, sk: 'x' })],
  ])('may lack some where one inverse %s', (_, failing) => {
    const other = saying({ pk: 'b', sk: 'x' })
    for (const migrations of [
      [other, failing],
      [failing, other],
    ])
      expect(sourceKeys(migrations, pkAndSk, key('a'))).toEqual({ keys: [key('a'), key('b')], complete: false })
  })

  it('may lack some where an inverse fails on one of the keys before it', () => {
    const first = migration({ inverse: ({ pk }) => (pk === 'b' ? throwing() : null) })
    const second = saying({ pk: 'b', sk: 'x' })
    expect(sourceKeys([first, second], pkAndSk, key('a'))).toEqual({ keys: [key('a'), key('b')], complete: false })
  })

  it('are its own where each inverse says that its migration cannot have made it', () => {
    const none = migration({ inverse: () => null })
    expect(sourceKeys([none, none], pkAndSk, key('a'))).toEqual({ keys: [key('a')], complete: true })
  })
})
