import type { KeyValue } from './attributes.ts'
import type { Key, KeySchema } from './key.ts'
import type { RawItem } from './raw-item.ts'

/** One answer of a Scan or Query. `next` is absent only when nothing can follow. */
export interface Page {
  items: RawItem[]
  next?: Key
}

export interface ScanRequest {
  segment: number
  totalSegments: number
  /** Exclusive start; need not exist, must belong to the segment. */
  after?: Key
  /** Most items a page may hold; always given: DynamoDB Local reads the whole range for a page without one. */
  limit: number
  consistent: boolean
}

/** Items of one partition key with `after < sk <= upTo`, in sort-key order. */
export interface QueryRequest {
  pk: KeyValue
  after?: KeyValue
  upTo?: KeyValue
  limit: number
  /** From the end of the range backwards. */
  reverse?: boolean
  consistent: boolean
}

/** What became of one write, in the order asked. `retry`: throttled or otherwise unprocessed; ask again. */
export type WriteResult = 'written' | 'present' | 'retry'

/**
 * One DynamoDB table as the engine uses it. Adapters do not retry: they throw {@link DynamoDbError} (`retryable` or
 * not) when a whole call failed and answer `retry` for single items; `retrying` in this folder does the retrying.
 */
export interface Table {
  readonly name: string
  readonly schema: KeySchema
  scan(request: ScanRequest): Promise<Page>
  query(request: QueryRequest): Promise<Page>
  /** Items by key, strongly consistent; absent ones are left out. At most 100 keys, no duplicates. */
  get(keys: Key[]): Promise<RawItem[]>
  /** Puts, overwriting. Any number of items, distinct keys; the adapter cuts calls to the service's limits. */
  put(items: RawItem[]): Promise<WriteResult[]>
  /** Puts only what is absent: `present` where the key exists already. Any number of items, distinct keys. */
  insert(items: RawItem[]): Promise<WriteResult[]>
}
