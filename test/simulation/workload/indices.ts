import { isDeepStrictEqual } from 'node:util'
import { defineIndex } from '../../../shared/migrations/index.ts'
import { type LoadedIndex, loadIndices } from '../../../shared/migrations/load-indices.ts'

/** A text of a key attribute, whatever its type. */
const text = (value: unknown) => (value instanceof Uint8Array ? Buffer.from(value).toString('hex') : String(value))

/** The id of the document of an item: another for each key. */
const idOf = (key: object) => {
  const all = Object.entries(key)
    .map(([, value]) => `${typeof value}:${text(value)}`)
    .join('|')
  return Buffer.byteLength(all) <= 512 ? all : undefined
}

/** Every other key, evenly. */
const isOdd = (id: string) => [...id].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % 2 === 1

/** Indices of the destination: one of all items, and one of half the keys with a routing, of which some items have no document. */
export const indexDefinitions: LoadedIndex[] = loadIndices({
  default: [
    defineIndex({
      alias: 'everything',
      settings: { number_of_shards: 2 },
      mappings: { properties: {} },
      id: idOf,
      document: (item) => ({ body: JSON.stringify(item, plain) }),
    }),
    defineIndex({
      alias: 'half',
      settings: { number_of_shards: 3 },
      mappings: { properties: {} },
      id: (key) => {
        const id = idOf(key)
        return id !== undefined && isOdd(id) ? id : undefined
      },
      routing: (key) => `r${(idOf(key) ?? '').length % 5}`,
      document: (item) => (isDeepStrictEqual(item.kind, 'split') ? undefined : { body: JSON.stringify(item, plain) }),
    }),
  ],
})

function plain(_: string, value: unknown): unknown {
  if (value instanceof Set) return [...value].map((each) => plain('', each)).sort()
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  return typeof value === 'bigint' ? String(value) : value
}
