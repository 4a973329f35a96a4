import type { KeyValue } from './attributes.ts'
import type { Refused } from './judge.ts'
import type { Key, KeySchema } from './key.ts'
import type { RawItem } from './raw-item.ts'

/** One page of a Scan or Query. `next` is absent only on the last page. */
export interface Page {
  items: RawItem[]
  next?: Key
  /** Capacity units that the service says it took. */
  units?: number
}

export interface ScanRequest {
  segment: number
  totalSegments: number
  /** Exclusive start. The key need not exist, but must belong to the segment. */
  after?: Key
  /** Most items in a page. Required, because DynamoDB Local reads the whole range for a page without a limit. */
  limit: number
  consistent: boolean
}

/** Items of one partition key with `after < sk <= upTo`, in sort-key order. */
export interface QueryRequest {
  pk: KeyValue
  after?: KeyValue
  upTo?: KeyValue
  limit: number
  /** Reads backwards from the end of the range. */
  reverse?: boolean
  consistent: boolean
}

/**
 * The result of one write, in the order of the request. `retry`: throttled or otherwise unprocessed; send it again.
 * {@link Refused}: permanently invalid; other items of the call are not affected.
 */
export type WriteResult = 'written' | 'present' | 'retry' | Refused

/**
 * One DynamoDB table as the engine uses it. Adapters do not retry: they throw {@link DynamoDbError} (`retryable` or
 * not) when a whole call failed, and return `retry` for single items. `retrying` in this folder retries.
 */
export interface Table {
  readonly name: string
  readonly schema: KeySchema
  scan(request: ScanRequest): Promise<Page>
  query(request: QueryRequest): Promise<Page>
  /** Existing items by key, strongly consistent. At most 100 keys, no duplicates. */
  get(keys: Key[]): Promise<RawItem[]>
  /**
   * Puts items, overwriting. Any number of items with distinct keys; the adapter cuts them into calls within the
   * service's limits.
   */
  put(items: RawItem[]): Promise<WriteResult[]>
  /** Puts items whose keys do not exist; returns `present` for the others. Any number of items with distinct keys. */
  insert(items: RawItem[]): Promise<WriteResult[]>
}
