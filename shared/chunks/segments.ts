import type { KeyValue } from '../dynamodb/attributes.ts'
import { type Chunk, segmentId, wholeKeyId } from './chunk.ts'

/** A chunk and the id it has in its run. */
export interface NamedChunk {
  id: string
  chunk: Chunk
}

/** The root chunks of a pass over a table without whole keys: all segments of a scan. */
export function segmentsFor(totalSegments: number): NamedChunk[] {
  return rootsFor(totalSegments, [])
}

/**
 * The root chunks of a pass, which together are the whole table: some whole partition keys, and all segments of a scan,
 * which jumps over those keys.
 */
export function rootsFor(totalSegments: number, wholeKeys: KeyValue[]): NamedChunk[] {
  const segments = Array.from(
    { length: totalSegments },
    (_, segment): NamedChunk => ({
      id: segmentId(segment),
      chunk: { kind: 'segment', segment, totalSegments },
    }),
  )
  const keys = wholeKeys.map((pk, index): NamedChunk => ({ id: wholeKeyId(index), chunk: { kind: 'range', pk } }))
  return [...keys, ...segments]
}
