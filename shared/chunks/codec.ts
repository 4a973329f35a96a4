import { decodeKey, decodeKeyValue, encodeKey, encodeKeyValue } from '../dynamodb/key.ts'
import type { Chunk } from './chunk.ts'
import { ChunkError } from './errors.ts'

/** A chunk as plain JSON for a ledger row. Its keys are strings of {@link encodeKey} and {@link encodeKeyValue}. */
export type EncodedChunk =
  | { kind: 'segment'; segment: number; totalSegments: number; after?: string }
  | { kind: 'range'; pk: string; after?: string; upTo?: string }

export function encodeChunk(chunk: Chunk): EncodedChunk {
  switch (chunk.kind) {
    case 'segment': {
      const { after, ...segment } = chunk
      return { ...segment, ...(after && { after: encodeKey(after) }) }
    }
    case 'range': {
      const { pk, after, upTo } = chunk
      return {
        kind: 'range',
        pk: encodeKeyValue(pk),
        ...(after && { after: encodeKeyValue(after) }),
        ...(upTo && { upTo: encodeKeyValue(upTo) }),
      }
    }
  }
}

/**
 * The chunk of a ledger row that {@link encodeChunk} wrote.
 * @throws ChunkError `unreadable-chunk` when this version does not know the kind of chunk.
 */
export function decodeChunk(stored: unknown): Chunk {
  const encoded = stored as EncodedChunk
  switch (encoded?.kind) {
    case 'segment': {
      const { after, ...segment } = encoded
      return { ...segment, ...(after !== undefined && { after: decodeKey(after) }) }
    }
    case 'range': {
      const { pk, after, upTo } = encoded
      return {
        kind: 'range',
        pk: decodeKeyValue(pk),
        ...(after !== undefined && { after: decodeKeyValue(after) }),
        ...(upTo !== undefined && { upTo: decodeKeyValue(upTo) }),
      }
    }
    default:
      throw new ChunkError(
        'unreadable-chunk',
        'Expected `kind` to be "segment" or "range", got something else; resume with the version that started this run',
      )
  }
}
