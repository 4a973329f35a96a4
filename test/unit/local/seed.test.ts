import { describe, expect, it } from 'vitest'
import { genericItems } from '../../../local/seed.ts'
import type { KeyType } from '../../../shared/dynamodb/attributes.ts'
import { encodeKey, keyOf } from '../../../shared/dynamodb/key.ts'

const types: KeyType[] = ['S', 'N', 'B']

describe('Generic seed items', () => {
  it.each(types.flatMap((pk) => types.map((sk) => [pk, sk] as const)))(
    'fit the key (%s, %s), are distinct, and most share one partition key',
    (pk, sk) => {
      const schema = { pk: { name: 'text', type: pk }, sk: { name: 'number', type: sk } }
      const keys = [...genericItems(schema, 1_000)].map((item) => keyOf(schema, item)!)
      expect(new Set(keys.map(encodeKey)).size).toBe(1_000)
      const sizes = [...Map.groupBy(keys, (key) => encodeKey({ pk: key.pk })).values()].map(({ length }) => length)
      expect(Math.max(...sizes)).toBe(700)
    },
  )

  it('have a partition each where there is no sort key', () => {
    const schema = { pk: { name: 'id', type: 'N' as const } }
    const keys = [...genericItems(schema, 100)].map((item) => encodeKey(keyOf(schema, item)!))
    expect(new Set(keys).size).toBe(100)
  })

  it('have no attribute that is the key of an index, whose type might be another', () => {
    const attributes = [{ name: 'number', type: 'S' as const }]
    const schema = { pk: { name: 'id', type: 'S' as const }, indexKeys: [{ attributes, maxBytes: 2_048 }] }
    const [item] = genericItems(schema, 1)
    expect(item).not.toHaveProperty('number')
    expect(item).toHaveProperty('text')
  })
})
