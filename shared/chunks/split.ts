import type { KeyValue } from '../dynamodb/attributes.ts'
import { type Key, sameKeyValue } from '../dynamodb/key.ts'
import { type Chunk, childId, type RangeChunk, type SegmentChunk } from './chunk.ts'
import { ChunkError } from './errors.ts'
import { compareKeyValues, keyTypeOf, maxKeyValue } from './order.ts'
import type { NamedChunk } from './segments.ts'

/**
 * Splits the rest of a chunk whose cursor lies inside a hot key. For a segment, child `.0` is the rest of the segment
 * after that key (it starts after the greatest possible sort key), and the ranges come after it; a range has no such
 * child. The ranges, ascending, tile exactly the rest of the key: `(cursor.sk, c1], (c1, c2], …, (cn, upTo or open]`.
 * Pure: the same arguments give the same children with the same ids.
 * @param cursor the exclusive start key from which the chunk would resume, with a sort key.
 * @param cuts at least one sort key, strictly ascending, after the cursor and below the chunk's end.
 * @throws ChunkError `bad-cursor`, `bad-cuts` when the children would not tile.
 */
export function splitChunk(id: string, chunk: Chunk, cursor: Key, cuts: KeyValue[]): NamedChunk[] {
  const hot = restOfKey(chunk, cursor)
  expectInside(hot, cuts)
  const ends = [hot.after, ...cuts]
  const ranges = ends.map((after, index): RangeChunk => {
    const upTo = cuts[index] ?? hot.upTo
    return { kind: 'range', pk: hot.pk, after, ...(upTo && { upTo }) }
  })
  const children = chunk.kind === 'segment' ? [restOfSegment(chunk, hot), ...ranges] : ranges
  return children.map((child, index) => ({ id: childId(id, index), chunk: child }))
}

/** The rest, after `cursor`, of the key that the cursor is in: the range to survey before a split. */
export function restOfKey(chunk: Chunk, cursor: Key): RangeChunk & { after: KeyValue } {
  if (!cursor.sk)
    throw new ChunkError(
      'bad-cursor',
      'Expected `cursor` to have a sort key, got a partition key only; a table without sort keys cannot be split: resume instead',
    )
  if (chunk.kind === 'segment') return { kind: 'range', pk: cursor.pk, after: cursor.sk }
  if (!sameKeyValue(chunk.pk, cursor.pk)) {
    throw new ChunkError(
      'bad-cursor',
      "Expected `cursor` to stand in the range's partition key, got another one; report this",
    )
  }
  return { ...chunk, after: cursor.sk }
}

function restOfSegment({ segment, totalSegments }: SegmentChunk, hot: RangeChunk & { after: KeyValue }): SegmentChunk {
  return { kind: 'segment', segment, totalSegments, after: { pk: hot.pk, sk: maxKeyValue(keyTypeOf(hot.after)) } }
}

function expectInside({ after, upTo }: RangeChunk & { after: KeyValue }, cuts: KeyValue[]): void {
  if (cuts.length === 0)
    throw new ChunkError(
      'bad-cuts',
      'Expected `cuts` to hold at least one sort key, got none; resume the chunk instead',
    )
  const ends = [after, ...cuts, ...(upTo ? [upTo] : [])]
  const wrong = ends.findIndex((end, index) => index > 0 && compareKeyValues(ends[index - 1]!, end) >= 0)
  if (wrong > 0) {
    throw new ChunkError(
      'bad-cuts',
      `Expected \`cuts\` to ascend strictly between the cursor and the end of the chunk, got ${cuts.length} that do not at position ${wrong - 1}; report this`,
    )
  }
}
