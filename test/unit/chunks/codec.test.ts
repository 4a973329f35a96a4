import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Chunk } from '../../../shared/chunks/chunk.ts'
import { decodeChunk, encodeChunk } from '../../../shared/chunks/codec.ts'
import { segmentsFor } from '../../../shared/chunks/segments.ts'
import { keyType, keyValue } from './arbitraries.ts'

const anyKeyValue = keyType.chain((type) => keyValue[type])
const segment = fc.record({ kind: fc.constant('segment' as const), segment: fc.nat(), totalSegments: fc.nat() })
const optional = { requiredKeys: ['kind', 'pk'] as ['kind', 'pk'] }
const chunk: fc.Arbitrary<Chunk> = fc.oneof(
  segment,
  fc.tuple(segment, fc.record({ pk: anyKeyValue, sk: anyKeyValue })).map(([root, after]) => ({ ...root, after })),
  fc.record({ kind: fc.constant('range' as const), pk: anyKeyValue, after: anyKeyValue, upTo: anyKeyValue }, optional),
)

test('a chunk comes back from its JSON as it was', () => {
  fc.assert(
    fc.property(chunk, (each) => {
      expect(decodeChunk(JSON.parse(JSON.stringify(encodeChunk(each))))).toEqual(each)
    }),
    { numRuns: 10_000 },
  )
})

test.each([undefined, null, {}, { kind: 'shard' }])('%j is refused as a chunk', (stored) => {
  expect(() => decodeChunk(stored)).toThrow(expect.objectContaining({ code: 'unreadable-chunk' }))
})

test('the root chunks are all segments of one scan', () => {
  expect(segmentsFor(3)).toEqual([
    { id: 's00000', chunk: { kind: 'segment', segment: 0, totalSegments: 3 } },
    { id: 's00001', chunk: { kind: 'segment', segment: 1, totalSegments: 3 } },
    { id: 's00002', chunk: { kind: 'segment', segment: 2, totalSegments: 3 } },
  ])
})
