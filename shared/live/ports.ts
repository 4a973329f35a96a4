import type { Attributes } from '../dynamodb/attributes.ts'
import { judge, type Refused } from '../dynamodb/judge.ts'
import type { Key } from '../dynamodb/key.ts'
import type { RawItem } from '../dynamodb/raw-item.ts'
import type { Put } from '../ledger/table.ts'

/** One change of one source item, as the stream carries it (NEW_AND_OLD_IMAGES). */
export interface StreamRecord {
  key: Key
  /** Decimal sequence number, zero-padded to 40 digits: orders records of one item, and of one shard, as text. */
  seq: string
  /** When DynamoDB says it happened, ms since the epoch; rounded to a second or worse. */
  at: number
  old?: Attributes
  new?: Attributes
}

export interface Shard {
  id: string
  parent?: string
  /** Nothing is added to it any more; it may all the same answer nothing for a while before its records. */
  ended: boolean
}

/** A page of the list of shards. `next`: there is another page. */
export interface ShardPage {
  shards: Shard[]
  next?: string
  /** Whether changes of the table still go into this stream: one that was turned off goes on showing what it has. */
  enabled: boolean
}

/**
 * Reads one shard onwards. `closed`: the shard has ended and everything in it has been read. `trimmed`: what followed was
 * thrown away unread; the next read goes on with what is left, which is nothing where the shard is gone (then it is
 * `closed` as well).
 */
export interface ShardReader {
  next(): Promise<{ records: StreamRecord[]; closed: boolean; trimmed?: boolean }>
}

/** The source's stream, read beside the mapping that feeds the live function. */
export interface Stream {
  /** Identifies it: a stream that is turned off and on again is another. */
  readonly arn: string
  /** @param after `next` of the page before; without, the first page. */
  shards(after?: string): Promise<ShardPage>
  /** @param after sequence number to go on after; without, from TRIM_HORIZON. */
  open(shard: string, after: string | undefined): Promise<ShardReader>
}

/** `changing`: it is being made, enabled, disabled or updated. */
export type MappingState = 'Enabled' | 'Disabled' | 'changing'

/** The event source mapping that feeds the live function. Changes take up to minutes. */
export interface Mapping {
  set(enabled: boolean): Promise<void>
  state(): Promise<MappingState>
}

export type DestinationChange = { put: RawItem } | { delete: Key }

/** Writes a destination item and its head in one transaction. */
export interface LiveTables {
  /**
   * `false`, and nothing written, when the head is not as `head.expect` says; {@link Refused}, and nothing written, when the
   * service refuses the change. Without `change`, the head alone.
   */
  commit(head: Put, change?: DestinationChange): Promise<boolean | Refused>
}

/** The same as the service has it: what it refuses is an error, which may be about the change or about every request. */
export interface UnjudgedLiveTables {
  /** @throws DynamoDbError with a `refusal`. */
  commit(head: Put, change?: DestinationChange): Promise<boolean>
  /** Whether this head with a made-up item, under a condition that cannot hold, fails by that condition. */
  probe(head: Put): Promise<boolean>
}

/** Live tables that tell a refused change from a request that is wrong for every change. */
export function judged(tables: UnjudgedLiveTables): LiveTables {
  return {
    commit(head, change) {
      const commit = () => tables.commit(head, change)
      return change ? judge(commit, () => tables.probe(head)) : commit()
    },
  }
}
