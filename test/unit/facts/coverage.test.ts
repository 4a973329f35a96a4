import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { segmentId } from '../../../shared/chunks/chunk.ts'
import { covering } from '../../../shared/facts/coverage.ts'
import { type ChunkRecord, newChunk } from '../../../shared/ledger/chunks.ts'
import { noTallies } from '../../../shared/ledger/tallies.ts'

/** A chunk that has read so many items, split into these children if there are any. */
function chunk(id: string, read: number, state: ChunkRecord['state'], children: string[] = []): ChunkRecord {
  const kind = { kind: 'segment', segment: 0, totalSegments: 1 } as const
  return { ...newChunk('run', 'copy', id, kind, 7), state, children, tallies: { ...noTallies, read } }
}

/** A tree below `id`, of which every leaf is done. */
const tree = (id: string, depth: number): fc.Arbitrary<ChunkRecord[]> =>
  fc.nat({ max: depth > 2 ? 0 : 3 }).chain((n) => {
    const children = Array.from({ length: n }, (_, i) => `${id}.${i}`)
    return fc
      .tuple(fc.nat(99), ...children.map((child) => tree(child, depth + 1)))
      .map(([read, ...below]) => [chunk(id, read, n > 0 ? 'split' : 'done', children), ...below.flat()])
  })

const forest = fc
  .integer({ min: 1, max: 4 })
  .chain((segments) =>
    fc
      .tuple(...Array.from({ length: segments }, (_, i) => tree(segmentId(i), 0)))
      .map((trees) => ({ segments, chunks: trees.flat() })),
  )

function coverageOf({ segments, chunks }: { segments: number; chunks: ChunkRecord[] }) {
  const all = covering(segments)
  chunks.forEach(all.add)
  return all.read()
}

describe('the coverage of a pass', () => {
  it('is complete in whatever order the rows of the tree come, and counts each once', () => {
    fc.assert(
      fc.property(
        forest.chain(({ segments, chunks }) =>
          fc.shuffledSubarray(chunks, { minLength: chunks.length }).map((shuffled) => ({ segments, chunks: shuffled })),
        ),
        ({ segments, chunks }) => {
          const coverage = coverageOf({ segments, chunks })
          expect(coverage).toMatchObject({ complete: true, missing: [], open: 0, updatedAt: 7 })
          expect(coverage.tallies.read).toBe(chunks.reduce((sum, { tallies }) => sum + tallies.read, 0))
          expect(coverage.done + coverage.splits).toBe(chunks.length)
        },
      ),
    )
  })

  it('names each row that is gone, be it a leaf, or a parent whose children are still there', () => {
    fc.assert(
      fc.property(
        forest.chain(({ segments, chunks }) =>
          fc.shuffledSubarray(chunks, { minLength: chunks.length - 1, maxLength: chunks.length - 1 }).map((left) => ({
            segments,
            left,
            gone: chunks.find((each) => !left.includes(each))!.id,
          })),
        ),
        ({ segments, left, gone }) => {
          expect(coverageOf({ segments, chunks: left })).toMatchObject({ complete: false, missing: [gone] })
        },
      ),
    )
  })

  it('is not complete while a chunk is open or failed', () => {
    const chunks = [chunk('s00000', 1, 'open'), chunk('s00001', 2, 'done')]
    expect(coverageOf({ segments: 2, chunks })).toMatchObject({ complete: false, open: 1 })
    const failed = { ...chunk('s00000', 1, 'failed'), reason: 'why' }
    expect(coverageOf({ segments: 2, chunks: [failed, chunks[1]!] })).toMatchObject({
      complete: false,
      failed: [{ id: 's00000', reason: 'why' }],
    })
  })
})
