import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Chunk } from '../../../shared/chunks/chunk.ts'
import { compareKeyValues } from '../../../shared/chunks/order.ts'
import { readChunk } from '../../../shared/chunks/read-chunk.ts'
import type { KeyValue } from '../../../shared/dynamodb/attributes.ts'
import type { Key } from '../../../shared/dynamodb/key.ts'
import type { QueryRequest, ScanRequest } from '../../../shared/dynamodb/ports.ts'
import { keyValues } from './arbitraries.ts'
import { keyOfValues, pk } from './virtual-key.ts'

const scan = () => Promise.reject(new Error('Expected no scan'))

describe('reading a chunk page by page', () => {
  test('neighbouring ranges together bring every item once, whatever the page size', async () => {
    await fc.assert(
      fc.asyncProperty(keyValues(20), fc.nat(), fc.integer({ min: 1, max: 7 }), async (values, at, limit) => {
        const key = keyOfValues(values)
        const cut = values[at % values.length]!
        const read = [
          ...(await allOf({ kind: 'range', pk, upTo: cut }, limit, key)),
          ...(await allOf({ kind: 'range', pk, after: cut }, limit, key)),
        ]
        expect(read).toEqual(Array.from({ length: key.size }, (_, index) => key.keyAt(index)))
        for (const sk of await allOf({ kind: 'range', pk, upTo: cut }, limit, key)) {
          expect(compareKeyValues(sk, cut)).toBeLessThanOrEqual(0)
        }
      }),
      { numRuns: 10_000 },
    )
  })

  test('a range whose cursor stands on its end is over without a read', async () => {
    const table = { scan, query: () => Promise.reject(new Error('Expected no query')) }
    const range: Chunk = { kind: 'range', pk, after: { N: '1' }, upTo: { N: '10' } }
    expect(await readChunk(table, range, { pk, sk: { N: '1E+1' } }, 100, true)).toEqual({ items: [] })
  })

  test('a range resumes after its cursor, and starts after its own start', async () => {
    const requests: QueryRequest[] = []
    const query = async (request: QueryRequest) => {
      requests.push(request)
      return { items: [] }
    }
    const range: Chunk = { kind: 'range', pk, after: { N: '1' }, upTo: { N: '10' } }
    await readChunk({ scan, query }, range, undefined, 100, true)
    await readChunk({ scan, query }, range, { pk, sk: { N: '5' } }, 100, false)
    expect(requests).toEqual([
      { pk, after: { N: '1' }, upTo: { N: '10' }, limit: 100, consistent: true },
      { pk, after: { N: '5' }, upTo: { N: '10' }, limit: 100, consistent: false },
    ])
  })

  test('a segment is scanned from its cursor, else from where a split left it, else from its start', async () => {
    const requests: ScanRequest[] = []
    const table = {
      query: () => Promise.reject(new Error('Expected no query')),
      scan: async (request: ScanRequest) => {
        requests.push(request)
        return { items: [], next: { pk } }
      },
    }
    const segment: Chunk = { kind: 'segment', segment: 3, totalSegments: 8 }
    const behind: Key = { pk, sk: { N: '9' } }
    expect(await readChunk(table, segment, undefined, 10, false)).toEqual({ items: [], next: { pk } })
    await readChunk(table, { ...segment, after: behind }, undefined, 10, false)
    await readChunk(table, { ...segment, after: behind }, { pk: { S: 'later' } }, 10, false)
    const common = { segment: 3, totalSegments: 8, limit: 10, consistent: false }
    expect(requests).toEqual([common, { ...common, after: behind }, { ...common, after: { pk: { S: 'later' } } }])
  })
})

async function allOf(chunk: Chunk, limit: number, key: ReturnType<typeof keyOfValues>): Promise<KeyValue[]> {
  const read: KeyValue[] = []
  let after: Key | undefined
  do {
    const page = await readChunk({ scan, query: key.query }, chunk, after, limit, false)
    read.push(...page.items.map((item) => item.key.sk!))
    after = page.next
  } while (after)
  return read
}
