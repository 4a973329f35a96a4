import { describe, expect, it } from 'vitest'
import { defineIndex, type IndexDefinition, SearchModuleError } from '../../../shared/migrations/index.ts'
import { definitionHash, type LoadedIndex, loadIndices } from '../../../shared/migrations/load-indices.ts'
import { markMapping } from '../../../shared/search/item-mark.ts'

const definition = (parts: object = {}): IndexDefinition =>
  defineIndex({
    alias: 'cases',
    mappings: { properties: { title: { type: 'text' } } },
    id: ({ pk }) => String(pk),
    document: (item) => item,
    ...parts,
  })
const load = (...definitions: unknown[]): LoadedIndex[] => loadIndices({ default: definitions })
const one = (parts: object = {}) => load(definition(parts))[0] as LoadedIndex

describe('the search module', () => {
  it('is a list of definitions, in their order; it may be empty', () => {
    expect(load(definition(), definition({ alias: 'users' })).map(({ alias }) => alias)).toEqual(['cases', 'users'])
    expect(load()).toEqual([])
    expect(loadIndices({ default: { __esModule: true, default: [definition()] } })).toHaveLength(1)
  })

  it('has mappings that keep what they do not name unindexed, and the key of the item', () => {
    expect(one().mappings).toEqual({
      dynamic: false,
      date_detection: false,
      properties: { title: { type: 'text' }, segue: markMapping },
    })
    expect(one({ mappings: { dynamic: 'strict' } }).mappings).toMatchObject({ dynamic: 'strict' })
  })

  it('may set other settings of a search', () => {
    const settings = { search: { slowlog: { level: 'info' } }, 'search.idle.after': '30s' }
    expect(one({ settings }).settings).toEqual(settings)
  })

  it('has its settings below `index`, however they are written', () => {
    const settings = { index: { number_of_shards: 3 }, 'index.codec': 'best_compression', analysis: { analyzer: {} } }
    expect(one({ settings }).settings).toEqual({
      number_of_shards: 3,
      codec: 'best_compression',
      analysis: { analyzer: {} },
    })
  })

  it.each<[string, object, RegExp]>([
    ['no alias', { alias: undefined }, /\(without an alias\): expected `alias` to be a name/],
    ['an alias in capitals', { alias: 'Cases' }, /without capital letters/],
    ['an alias with a space', { alias: 'my cases' }, /expected `alias` to be lower-case letters/],
    ['an alias that begins with a hyphen', { alias: '-cases' }, /expected `alias` to be lower-case letters/],
    ['an alias that leaves no room', { alias: 'x'.repeat(196) }, /at most 195 bytes/],
    ['no id', { id: 'pk' }, /expected `id` to be a function, got string/],
    ['no document', { document: undefined }, /expected `document` to be a function/],
    ['a routing that is no function', { routing: 'pk' }, /expected `routing` to be a function/],
    ['a word that is none', { mapping: {} }, /got `mapping`/],
    ['no mappings', { mappings: undefined }, /expected `mappings` to be an object, got undefined/],
    ['mappings that are no JSON', { mappings: { x: new Set() } }, /`mappings` at `x`: a document cannot hold a set/],
    ['documents that are not kept', { mappings: { _source: { enabled: false } } }, /without `_source`/],
    ['its own item key', { mappings: { properties: { 'segue.key': {} } } }, /without `segue`/],
    ['a required routing without one', { mappings: { _routing: { required: true } } }, /expected a function `routing`/],
    ['a required routing, in text', { mappings: { _routing: { required: 'true' } } }, /expected a function `routing`/],
    ['a pipeline', { settings: { 'index.default_pipeline': 'x' } }, /without `default_pipeline`/],
    ['a final pipeline', { settings: { index: { final_pipeline: 'x' } } }, /without `final_pipeline`/],
    ['a search pipeline', { settings: { 'index.search.default_pipeline': 'x' } }, /without `search.default_pipeline`/],
    ['one below', { settings: { search: { default_pipeline: 'x' } } }, /without `search.default_pipeline`/],
    ['one further below', { settings: { index: { search: { default_pipeline: 'x' } } } }, /without `search.default_pi/],
    ['one with a dot', { settings: { 'search.default_pipeline': 'x' } }, /without `search.default_pipeline`/],
    ['a block', { settings: { index: { 'blocks.write': true } } }, /without `blocks.write`/],
    ['settings with a getter that throws', { settings: getting() }, /`settings` threw RangeError at/],
  ])('is refused with %s', (_, parts, message) => {
    expect(() => one(parts)).toThrow(message)
    expect(() => one(parts)).toThrow(expect.objectContaining({ code: 'search-module' }))
    expect(() => one(parts)).toThrow(/^Index definition 1 \(/)
  })

  it('is refused with one alias twice, with no list, and with no definition', () => {
    expect(() => load(definition(), definition())).toThrow(/its own alias, got `cases` twice/)
    expect(() => loadIndices({ default: definition() })).toThrow(SearchModuleError)
    expect(() => load(null)).toThrow(/expected what defineIndex returns, got null/)
  })
})

function getting(): object {
  return Object.defineProperty({}, 'x', {
    enumerable: true,
    get: () => {
      throw new RangeError('no')
    },
  })
}

describe('the hash of a definition', () => {
  const hash = (parts: object = {}, code = 'c') => definitionHash(one(parts), code)

  it('is eight hex digits, and does not depend on the order of fields', () => {
    expect(hash()).toMatch(/^[0-9a-f]{8}$/)
    expect(hash({ settings: { a: 1, b: { c: 1, d: [2, 3] } } })).toBe(
      hash({ settings: { b: { d: [2, 3], c: 1 }, a: 1 } }),
    )
  })

  it('changes with alias, settings, mappings and code', () => {
    const hashes = [
      hash(),
      hash({}, 'd'),
      hash({ alias: 'users' }),
      hash({ settings: { number_of_shards: 2 } }),
      hash({ mappings: {} }),
      hash({ mappings: { properties: { title: { type: 'keyword' } } } }),
    ]
    expect(new Set(hashes).size).toBe(hashes.length)
  })
})
