import { type Chunk, segmentId } from './chunk.ts'

/** A chunk and the id it has in its run. */
export interface NamedChunk {
  id: string
  chunk: Chunk
}

/** The root chunks of a pass: all segments of a scan, which together are the whole table. */
export function segmentsFor(totalSegments: number): NamedChunk[] {
  return Array.from({ length: totalSegments }, (_, segment) => ({
    id: segmentId(segment),
    chunk: { kind: 'segment', segment, totalSegments },
  }))
}
