import { beforeEach, describe, expect, it } from 'vitest'
import { defineIndex } from '../../../shared/migrations/index.ts'
import { judgeDocuments } from '../../../shared/migrations/judge-documents.ts'
import { type LoadedIndex, loadIndices } from '../../../shared/migrations/load-indices.ts'
import type { MadeDocument } from '../../../shared/migrations/make-document.ts'
import type { Runtime } from '../../../shared/runtime/ports.ts'
import { SearchError } from '../../../shared/search/errors.ts'
import type { Search, WriteResult } from '../../../shared/search/ports.ts'
import { retryingSearch } from '../../../shared/search/retrying-search.ts'
import { MemorySearch } from '../../memory/search.ts'

const runtime: Runtime = { clock: () => 0, random: () => 0.5, sleep: async () => {}, emit: () => {} }
const [definition] = loadIndices({
  default: [
    defineIndex({
      alias: 'cases',
      mappings: { properties: { n: { type: 'long' } } },
      id: ({ pk }) => String(pk),
      document: ({ n }) => ({ n }),
    }),
  ],
}) as [LoadedIndex]
const document = (id: string, n: unknown = 1): MadeDocument => ({
  kind: 'document',
  place: { id },
  json: JSON.stringify({ n }),
})

let memory: MemorySearch
beforeEach(() => {
  memory = new MemorySearch({ clock: () => 0, random: () => 0.5 })
})

/** The cluster in memory, where some calls do something else. */
function cluster(otherwise: Partial<Search> = {}): Search {
  return retryingSearch(
    new Proxy<Search>(memory, {
      get(target, name) {
        const value: unknown = Reflect.get(otherwise, name) ?? Reflect.get(target, name)
        return typeof value === 'function' ? value.bind(target) : value
      },
    }),
    runtime,
  )
}
const judge = (made: readonly MadeDocument[], search = cluster()) => judgeDocuments(search, 'check', definition, made)

describe('documents that a cluster judges', () => {
  it('are named where the mapping does not take them, or an earlier one has their id', async () => {
    const made = [
      document('a'),
      document('b', 'word'),
      { kind: 'none', place: { id: 'c' } },
      document('a', 2),
      { kind: 'quarantined', reason: 'no id' },
      document('c'),
      document('a', 3),
    ] as const
    const again = 'another of these items has the same id'
    expect(await judge(made)).toEqual([undefined, expect.any(String), undefined, again, 'no id', undefined, again])
    expect(await memory.indices('check')).toEqual([])
  })

  it('are named where they are too large', async () => {
    const bulk: Search['bulk'] = async () => [{ kind: 'too-large', reason: 'it is large' }]
    expect(await judge([document('a')], cluster({ bulk }))).toEqual(['it is large'])
  })

  it('have ids of their own, also where they are sent again because an answer was lost', async () => {
    let sent = 0
    const bulk: Search['bulk'] = async (writes) => {
      const results = await memory.bulk(writes)
      if (++sent === 1) throw new SearchError('search-unavailable', 'the connection broke')
      return results
    }
    const made = [document('a'), document('b'), document('a')]
    expect(await judge(made, cluster({ bulk }))).toEqual([
      undefined,
      undefined,
      'another of these items has the same id',
    ])
    expect(sent).toBe(2)
  })

  it('are judged in the end where the cluster was busy', async () => {
    let sent = 0
    const bulk: Search['bulk'] = async (writes) =>
      ++sent < 4 ? writes.map(() => ({ kind: 'pressure', reason: 'busy' })) : memory.bulk(writes)
    expect(await judge([document('a'), document('b', 'word')], cluster({ bulk }))).toEqual([
      undefined,
      expect.any(String),
    ])
  })

  it.each(['pressure', 'blocked', 'unavailable', 'not-found', 'access-denied', 'invalid-request'] as const)(
    'are not at fault where a write fails with %s: that is an error',
    async (kind) => {
      const bulk: Search['bulk'] = async (writes) => writes.map((): WriteResult => ({ kind, reason: 'by the cluster' }))
      await expect(judge([document('a'), document('b')], cluster({ bulk }))).rejects.toMatchObject({
        code: `search-${kind}`,
        message: expect.stringMatching(/`cases`.*by the cluster/),
      })
      expect(await memory.indices('check')).toEqual([])
    },
  )

  it('have the first error shown where their index cannot be deleted either', async () => {
    const refuse = (code: 'search-invalid-request' | 'search-access-denied') => async () => {
      throw new SearchError(code, code)
    }
    const deleteIndex = refuse('search-access-denied')
    const both = cluster({ createIndex: refuse('search-invalid-request'), deleteIndex })
    await expect(judge([document('a')], both)).rejects.toMatchObject({ code: 'search-invalid-request' })
    await expect(judge([document('a')], cluster({ deleteIndex }))).rejects.toMatchObject({
      code: 'search-access-denied',
    })
  })
})
