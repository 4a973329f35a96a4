import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { differingAttributes } from '../../../shared/passes/compare.ts'
import { memberNames } from '../migrations/fixtures.ts'

const name = fc.oneof(fc.string({ minLength: 1 }), fc.constantFrom(...memberNames))
const item = fc.dictionary(
  name,
  fc.constantFrom({ S: '' }, { S: 'a' }, { N: '1' }, { BOOL: false }, { M: {} }, { M: { ['__proto__']: { S: 'a' } } }),
)

describe('Two items', () => {
  it('differ in the attributes that one has and the other has not, or has otherwise, whatever their names', () => {
    fc.assert(
      fc.property(item, item, (one, other) => {
        const [a, b] = [{ ...one }, { ...other }]
        const texts = [a, b].map(
          (each) => new Map(Object.entries(each).map(([of, value]) => [of, JSON.stringify(value)])),
        )
        const names = [...new Set(texts.flatMap((each) => [...each.keys()]))]
        const expected = names.filter((of) => texts[0]!.get(of) !== texts[1]!.get(of)).sort()
        expect(differingAttributes(a, b)).toEqual(expected)
      }),
    )
  })
})
