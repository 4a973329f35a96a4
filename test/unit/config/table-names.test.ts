import { describe, expect, it } from 'vitest'
import { parseOptions } from '../../../shared/config/options.ts'

describe('the name of a table', () => {
  it.each(['orders', 'orders.v2', 'a_b-C.9', 'x'.repeat(255), ['$', '{Token[TOKEN.12]}'].join('')])(
    'may be %s',
    (name) => {
      expect(parseOptions({ sourceTable: name, destinationTable: 'other' }).sourceTable).toBe(name)
    },
  )

  it.each([
    'arn:aws:dynamodb:us-east-1:123456789012:table/orders',
    'orders ',
    'my orders',
    'órdenes',
    'or',
    'x'.repeat(256),
    '',
  ])('may not be "%s", and the sentence says what it must be', (name) => {
    expect(() => parseOptions({ sourceTable: name, destinationTable: 'other' })).toThrow(
      '`sourceTable`: expected the name of a table, without its ARN: 3 to 255 letters, digits, `_`, `-` and `.`',
    )
  })
})
