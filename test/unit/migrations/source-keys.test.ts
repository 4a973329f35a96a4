import { describe, expect, it } from 'vitest'
import type { Key } from '../../../shared/dynamodb/key.ts'
import { sourceKeys } from '../../../shared/migrations/source-keys.ts'
import { migration, pkAndSk } from './fixtures.ts'

const key = (pk: string): Key => ({ pk: { S: pk }, sk: { S: 'x' } })
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
    ['a key of another type', { pk: 1, sk: 'x' }],
    ['half a key', { pk: 'a' }],
  ])('hold no key that an item cannot have: %s', (_, answer) => {
    expect(sourceKeys([saying(answer)], pkAndSk, key('a'))).toEqual({ keys: [key('a')], complete: true })
  })
})
