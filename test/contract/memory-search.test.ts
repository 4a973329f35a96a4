import { describe, expect, it } from 'vitest'
import { SearchError } from '../../shared/search/errors.ts'
import type { Search } from '../../shared/search/ports.ts'
import { MemorySearch } from '../memory/search.ts'
import { mappingContract } from './mapping-contract.ts'
import { type Cluster, searchContract } from './search-contract.ts'

const limits = { requestBytes: 256 * 1024, pressureBytes: 100 * 1024 }

let now = 0
let chance = 0
const random = () => {
  chance = (chance * 16_807 + 1) % 2_147_483_647
  return chance / 2_147_483_647
}
const memory = new MemorySearch({ clock: () => now, random, limits })

let next: 'lose' | { hold: (send: () => Promise<unknown>) => void } | undefined

/** The network between a client and the cluster in memory. */
const bulk: Search['bulk'] = async (writes) => {
  const fault = next
  next = undefined
  if (fault === undefined) return memory.bulk(writes)
  if (fault === 'lose') await memory.bulk(writes)
  else fault.hold(() => memory.bulk(writes))
  throw new SearchError('search-unavailable', 'the connection broke')
}

const cluster: Cluster = {
  search: new Proxy(memory, {
    get(target, name) {
      if (name === 'bulk') return bulk
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  }),
  limits,
  pass: async (ms) => {
    now += ms
  },
  writeForeign: async (index, id, document) => memory.writeForeign(index, id, document),
  restart: async () => memory.restart(),
  loseAnswer: () => {
    next = 'lose'
  },
  delayBulk: () => {
    let send = async (): Promise<unknown> => {
      throw new Error('no bulk was held')
    }
    next = {
      hold: (held) => {
        send = held
      },
    }
    return async () => {
      await send()
    }
  },
}

searchContract('memory', () => cluster)
mappingContract('memory', () => cluster.search)

describe('a search cluster in memory', () => {
  it('fails the writes that it is told to, and does the others', async () => {
    const partial = new MemorySearch({
      clock: () => 0,
      random: () => 0.5,
      fail: ({ id }) => (id === 'b' ? 'unavailable' : undefined),
    })
    await partial.createIndex('x', { settings: {}, mappings: {}, aliases: ['X'] })
    const writes = ['a', 'b', 'c'].map((id) => ({ op: 'index', alias: 'X', id, version: 1, json: '{}' }) as const)
    expect((await partial.bulk(writes)).map(({ kind }) => kind)).toEqual(['done', 'unavailable', 'done'])
    expect(partial.documents('x').map(({ id }) => id)).toEqual(['a', 'c'])
  })
})
