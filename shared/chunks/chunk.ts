import type { KeyValue } from '../dynamodb/attributes.ts'
import type { Key } from '../dynamodb/key.ts'

/** A scan segment, or the part of it behind the key `after`. That key is excluded and does not have to exist. */
export interface SegmentChunk {
  kind: 'segment'
  segment: number
  totalSegments: number
  after?: Key
}

/** `(after, upTo]` of one partition key in sort-key order; a missing end is open. */
export interface RangeChunk {
  kind: 'range'
  pk: KeyValue
  after?: KeyValue
  upTo?: KeyValue
}

export type Chunk = SegmentChunk | RangeChunk

/** `s00042`: the root chunk of a segment. Children append `.0`, `.1`, …, so an id shows its descent. */
export function segmentId(segment: number): string {
  return `s${String(segment).padStart(5, '0')}`
}

/** `k00007`: the root chunk of a whole partition key. */
export function wholeKeyId(index: number): string {
  return `k${String(index).padStart(5, '0')}`
}

/** Whether a chunk is a root of its pass that covers a whole partition key. */
export function isWholeKey({ id, chunk }: { id: string; chunk: Chunk }): boolean {
  return chunk.kind === 'range' && depthOf(id) === 0
}

/** Whether a chunk is a whole partition key or descends from one. */
export function isOfWholeKey(id: string): boolean {
  return id.startsWith('k')
}

export function childId(parent: string, index: number): string {
  return `${parent}.${index}`
}

/** The number of splits above a chunk: 0 for a segment or a whole key. */
export function depthOf(id: string): number {
  return id.split('.').length - 1
}
