import { describe, expect, it } from 'vitest'
import type { Runtime } from '../../../shared/runtime/ports.ts'
import { SearchError } from '../../../shared/search/errors.ts'
import type { Search, Write, WriteResult } from '../../../shared/search/ports.ts'
import { retryingSearch } from '../../../shared/search/retrying-search.ts'

const waits: number[] = []
const runtime: Runtime = { clock: () => 0, random: () => 0.5, sleep: async (ms) => void waits.push(ms), emit: () => {} }
const write = (id: string, bytes = 10): Write => ({ op: 'index', alias: 'X', id, version: 1, json: 'x'.repeat(bytes) })
const done: WriteResult = { kind: 'done' }

/** A cluster that answers bulks as a test says; requests are noted by their ids. */
function cluster(answer: (writes: readonly Write[], request: number) => WriteResult[] | SearchError) {
  const requests: string[] = []
  const bulk: Search['bulk'] = async (writes) => {
    requests.push(writes.map(({ id }) => id).join(''))
    const given = answer(writes, requests.length)
    if (SearchError.is(given)) throw given
    return given as WriteResult[]
  }
  return { requests, search: retryingSearch({ bulk } as unknown as Search, runtime) }
}

describe('a bulk that is retried', () => {
  it('is sent in requests of at most 5 MB, and has its results in order', async () => {
    const { requests, search } = cluster((writes) => writes.map(({ id }) => ({ kind: 'conflict', holds: Number(id) })))
    const writes = [write('1', 3e6), write('2', 3e6), write('3', 1e6), write('4', 9e6), write('5')]
    expect(await search.bulk(writes)).toEqual([1, 2, 3, 4, 5].map((holds) => ({ kind: 'conflict', holds })))
    expect(requests).toEqual(['1', '23', '4', '5'])
  })

  it('sends again only what may succeed later, in smaller requests under pressure', async () => {
    const { requests, search } = cluster((writes, request) =>
      writes.map(({ id }) => {
        if (id === 'c') return { kind: 'conflict', holds: 9 }
        if (id === 'r') return { kind: 'rejected', reason: '' }
        if (id === 'n') return { kind: 'not-found', reason: '' }
        return request < 3 && 'pbu'.includes(id)
          ? { kind: ({ p: 'pressure', b: 'blocked', u: 'unavailable' } as const)[id as 'p'], reason: '' }
          : done
      }),
    )
    const kinds = (await search.bulk([...'adcrnpbu'].map((id) => write(id)))).map(({ kind }) => kind)
    expect(kinds).toEqual(['done', 'done', 'conflict', 'rejected', 'not-found', 'done', 'done', 'done'])
    expect(requests).toEqual(['adcrnpbu', 'pbu', 'p', 'b', 'u'])
  })

  it('halves a request that is too large, down to the document that is', async () => {
    const { requests, search } = cluster((writes) =>
      writes.some(({ id }) => id === 'L') ? new SearchError('search-too-large', '') : writes.map(() => done),
    )
    const kinds = (await search.bulk([...'abcLdefg'].map((id) => write(id)))).map(({ kind }) => kind)
    expect(kinds).toEqual(['done', 'done', 'done', 'too-large', 'done', 'done', 'done', 'done'])
    expect(requests[0]).toBe('abcLdefg')
    expect(requests).toContain('L')
  })

  it('shrinks under pressure, and says so of a document that is refused alone for as long as it tries', async () => {
    waits.length = 0
    const { search } = cluster((writes) =>
      writes.some(({ id }) => id === 'L') ? new SearchError('search-pressure', '') : writes.map(() => done),
    )
    const kinds = (await search.bulk([...'abcL'].map((id) => write(id)))).map(({ kind }) => kind)
    expect(kinds).toEqual(['done', 'done', 'done', 'pressure'])
    expect(waits.length).toBeGreaterThan(5)
  })

  it('fails with the last error where nothing is known of a write', async () => {
    const { search } = cluster((_, request) =>
      request === 1 ? [{ kind: 'pressure', reason: '' }] : new SearchError('search-unavailable', 'gone'),
    )
    await expect(search.bulk([write('a')])).rejects.toMatchObject({ code: 'search-unavailable', message: 'gone' })
  })

  it('fails at once where a retry cannot help', async () => {
    const { requests, search } = cluster(() => new SearchError('search-access-denied', 'no'))
    await expect(search.bulk([write('a')])).rejects.toMatchObject({ code: 'search-access-denied' })
    expect(requests).toHaveLength(1)
  })

  it('asks before each request, and sends none after a no', async () => {
    let asked = 0
    const sent: number[] = []
    const bulk: Search['bulk'] = async (writes) => {
      sent.push(writes.length)
      return writes.map(() => done)
    }
    const search = retryingSearch({ bulk } as unknown as Search, runtime, async () => {
      if (++asked === 2) throw new TypeError('paused')
    })
    await expect(search.bulk([write('a', 4e6), write('b', 4e6), write('c', 4e6)])).rejects.toThrow('paused')
    expect(sent).toEqual([1])
  })
})

it('other calls are retried, too, while their errors say that they may succeed later', async () => {
  let calls = 0
  const count: Search['count'] = async () => {
    calls++
    if (calls < 3) throw new SearchError('search-blocked', '')
    return 7
  }
  expect(await retryingSearch({ count } as unknown as Search, runtime).count('x')).toBe(7)
  const refused = async () => {
    throw new SearchError('search-invalid-request', '')
  }
  await expect(retryingSearch({ refresh: refused } as unknown as Search, runtime).refresh('x')).rejects.toMatchObject({
    code: 'search-invalid-request',
  })
})
