import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { defineIndex, type IndexDefinition, type Item, NumberValue } from '../../../shared/migrations/index.ts'
import { toJson } from '../../../shared/migrations/json-values.ts'
import { makeDocument } from '../../../shared/migrations/make-document.ts'
import { pkAndSk, raw } from './fixtures.ts'

const secret = 'jane@example.com'
const refusing = () => {
  throw new RangeError(secret)
}

const definition = (parts: Partial<IndexDefinition> = {}): IndexDefinition =>
  defineIndex({
    alias: 'cases',
    mappings: {},
    id: ({ pk, sk }) => `${pk}|${sk}`,
    document: ({ title }) => ({ title }),
    ...parts,
  })
const item = raw({ title: { S: 'A title' } })
const make = (parts: Partial<IndexDefinition> = {}) => makeDocument(definition(parts), pkAndSk, item.key, item)
const place = { id: 'a|b' }

function reasonOf(parts: Partial<IndexDefinition>): string {
  const made = make(parts)
  expect(made.kind).toBe('quarantined')
  const { reason } = made as { reason: string }
  expect(reason).not.toContain('jane')
  return reason
}
const ofValue = (value: unknown) => reasonOf({ document: () => ({ nested: { value } }) })

describe('the document of an item', () => {
  it('is JSON on one line, with the key of its item', () => {
    const made = make({ document: ({ title }) => ({ title, text: 'two\nlines', list: [1, { x: null }] }) })
    expect(made).toMatchObject({ kind: 'document', place })
    const { json } = made as { json: string }
    expect(json).not.toContain('\n')
    expect(JSON.parse(json)).toEqual({
      segue: { key: '["S:a","S:b"]', hash: expect.any(Number) },
      title: 'A title',
      text: 'two\nlines',
      list: [1, { x: null }],
    })
  })

  it('may have no other field', () => {
    const { json } = make({ document: () => ({ gone: undefined }) }) as { json: string }
    expect(Object.keys(JSON.parse(json))).toEqual(['segue'])
  })

  it('is at an id and a routing that follow from the key alone', () => {
    const seen: Item[] = []
    const made = make({
      id: (key) => {
        seen.push(key)
        return 'one'
      },
      routing: (key) => {
        seen.push(key)
        return 'two'
      },
    })
    expect(made).toMatchObject({ place: { id: 'one', routing: 'two' } })
    expect(seen).toEqual([
      { pk: 'a', sk: 'b' },
      { pk: 'a', sk: 'b' },
    ])
  })

  it('is none where the definition makes none, or the item is gone', () => {
    expect(make({ document: () => undefined })).toEqual({ kind: 'none', place })
    expect(makeDocument(definition({ document: refusing }), pkAndSk, item.key, undefined)).toEqual({
      kind: 'none',
      place,
    })
  })

  it('is never one where the definition gives no id', () => {
    expect(make({ id: () => undefined, document: refusing })).toEqual({ kind: 'never' })
  })

  it('does not see what an earlier definition changed in the item', () => {
    const spoil = (it: Item) => {
      it.title = 'spoiled'
      return it
    }
    expect(make({ document: spoil })).toMatchObject({ kind: 'document' })
    expect(make()).toMatchObject({ json: expect.stringContaining('A title') })
  })
})

describe('an item is quarantined for an index, with a reason that holds nothing of it,', () => {
  it.each<[string, unknown, RegExp]>([
    ['a set', new Set(['jane']), /^document at `nested.value`: a document cannot hold a set/],
    ['bytes', new Uint8Array(3), /bytes; write them as text/],
    ['an exact number', NumberValue.from('12345678901234567890'), /more digits than a double holds; write it as text/],
    ['a big integer', 2n ** 64n + 1n, /more digits than a double holds/],
    ['no number', Number.NaN, /not finite/],
    ['infinity', -Infinity, /not finite/],
    ['a date', new Date(0), /cannot hold Date$/],
    ['a map', new Map(), /cannot hold Map$/],
    ['a function', () => {}, /cannot hold function$/],
    ['a symbol', Symbol('x'), /cannot hold symbol$/],
    ['half a character', 'jane \ud800', /lone surrogate/],
    ['undefined in a list', [undefined], /undefined in a list/],
    ['a field without a name', { '': 1 }, /a field without a name/],
  ])('where its document holds %s', (_, value, reason) => {
    expect(ofValue(value)).toMatch(reason)
  })

  it('where its document holds a copy that lost its type', () => {
    const number = NumberValue.from('12345678901234567890')
    expect(ofValue({ ...number })).toMatch(/a copy of a set, of bytes or of an exact number/)
  })

  it('where its document holds itself', () => {
    const round: Record<string, unknown> = {}
    round.again = round
    expect(reasonOf({ document: () => round })).toMatch(/more than 64 levels/)
  })

  it.each<[string, unknown]>([
    ['a getter', Object.defineProperty({}, 'x', { enumerable: true, get: refusing })],
    ['a proxy', new Proxy({}, { ownKeys: refusing })],
    ['a list', new Proxy([1], { get: refusing })],
  ])('where %s of its document throws', (_, value) => {
    expect(ofValue(value)).toMatch(/^document threw RangeError at documents.test.ts:\d+$/)
    expect(reasonOf({ document: () => value as object })).toMatch(/^document(:| threw)/)
  })

  it('where the definition throws, or returns a promise, or what is no document', () => {
    expect(reasonOf({ document: refusing })).toMatch(/^document threw RangeError at documents.test.ts:\d+$/)
    expect(reasonOf({ document: async () => Promise.reject(new Error(secret)) })).toMatch(
      /^document returned a promise/,
    )
    expect(reasonOf({ document: () => [] })).toBe('document: expected an object or nothing, got array')
    expect(reasonOf({ document: () => secret as unknown as object })).toBe(
      'document: expected an object or nothing, got string',
    )
    expect(reasonOf({ document: () => ({ segue: secret }) })).toMatch(/`segue` is the field that Segue adds/)
  })

  it('where its id or routing cannot be one', () => {
    expect(reasonOf({ id: () => '' })).toBe('id: empty')
    expect(reasonOf({ id: () => 5 as unknown as string })).toBe('id: expected text, got number')
    expect(reasonOf({ id: refusing })).toMatch(/^id threw RangeError/)
    expect(reasonOf({ id: () => '\ud800' })).toMatch(/^id: a lone surrogate/)
    expect(make({ id: () => 'é'.repeat(256) }).kind).toBe('document')
    expect(reasonOf({ id: () => `${'é'.repeat(256)}x` })).toBe('id: longer than 512 bytes')
    expect(reasonOf({ routing: () => '' })).toBe('routing: empty')
    expect(reasonOf({ routing: refusing })).toMatch(/^routing threw RangeError/)
  })

  it.each([true, 'true'])('where it has no routing, and the mapping requires one (%j)', (required) => {
    const mappings = { _routing: { required } }
    expect(reasonOf({ mappings, routing: () => undefined })).toBe('routing: none, and the mapping requires one')
    expect(make({ mappings, routing: () => 'r' })).toMatchObject({ kind: 'document', place: { routing: 'r' } })
    expect(make({ mappings: { _routing: { required: false } } })).toMatchObject({ kind: 'document', place })
  })

  it('and its place is told, so that an older document can be deleted', () => {
    expect(make({ document: refusing })).toMatchObject({ kind: 'quarantined', place })
    expect(make({ id: () => '' })).not.toHaveProperty('place')
  })
})

describe('plain JSON', () => {
  it('is what JSON.stringify makes of it, for whatever JSON can hold', () => {
    const objects = fc.dictionary(fc.string({ minLength: 1, unit: 'grapheme' }), fc.jsonValue({ maxDepth: 4 }))
    fc.assert(
      fc.property(objects, (object) => {
        fc.pre(!JSON.stringify(object).includes('"":'))
        const reduced = toJson(object)
        expect(JSON.stringify(reduced)).toBe(JSON.stringify(object))
        expect(JSON.stringify(toJson(reduced))).toBe(JSON.stringify(reduced))
      }),
    )
  })

  it('takes a big integer that a double holds', () => {
    expect(toJson({ n: 5n, m: 2n ** 60n })).toEqual({ n: 5, m: 2 ** 60 })
  })
})
