import type { Attributes } from '../dynamodb/attributes.ts'
import { judge, type Refused } from '../dynamodb/judge.ts'
import type { Key } from '../dynamodb/key.ts'
import type { RawItem } from '../dynamodb/raw-item.ts'
import type { Put } from '../ledger/table.ts'
import type { Ask } from '../runtime/retry.ts'

/** One change of one source item, from the stream (NEW_AND_OLD_IMAGES). */
export interface StreamRecord {
  key: Key
  /** Decimal sequence number, zero-padded to 40 digits: orders records of one item, and of one shard, as text. */
  seq: string
  /** Time of the change according to DynamoDB, ms since the epoch; rounded to a second or worse. */
  at: number
  old?: Attributes
  new?: Attributes
}

export interface Shard {
  id: string
  parent?: string
  /** The shard gets no more records. It may still return nothing for a while before its last records. */
  ended: boolean
}

/** A page of the list of shards. `next`: there is another page. */
export interface ShardPage {
  shards: Shard[]
  next?: string
  /** Whether the table still writes to this stream. A disabled stream continues to show its records. */
  enabled: boolean
}

/**
 * Reads one shard forwards. `closed`: the shard has ended and every record was read. `trimmed`: the next records were
 * trimmed unread; the next read continues with the rest. If the shard is gone there is no rest, and it is `closed` as
 * well.
 */
export interface ShardReader {
  next(): Promise<{ records: StreamRecord[]; closed: boolean; trimmed?: boolean }>
}

/** The source's stream, read beside the mapping that feeds the live function. */
export interface Stream {
  /** Identifies the stream: one that is disabled and enabled again gets another ARN. */
  readonly arn: string
  /** @param after `next` of the page before; `undefined` for the first page. */
  shards(after?: string): Promise<ShardPage>
  /** @param after sequence number to continue after; `undefined` starts from TRIM_HORIZON. */
  open(shard: string, after: string | undefined): Promise<ShardReader>
}

/** `changing`: the mapping is being created, enabled, disabled or updated. */
export type MappingState = 'Enabled' | 'Disabled' | 'changing'

/** The event source mapping that feeds the live function. Changes take up to minutes. */
export interface Mapping {
  set(enabled: boolean): Promise<void>
  state(): Promise<MappingState>
}

export type DestinationChange = { put: RawItem } | { delete: Key }

/** A row of the ledger, and the change of the destination that it belongs to; without `change`, the row alone. */
export interface LiveWrite {
  row: Put
  change?: DestinationChange
}

/** Rows and changes of one transaction. Source: TransactWriteItems, DynamoDB API reference. */
export const writesOfTransaction = 100

/** Writes destination items and their rows in one transaction: all or nothing. */
export interface LiveTables {
  /**
   * @param writes at least one, and with their changes at most {@link writesOfTransaction}.
   * @returns `false` when a row is not as its `expect` says; {@link Refused} when the service refuses a change. Nothing
   * is written then.
   */
  commit(writes: readonly LiveWrite[]): Promise<boolean | Refused>
}

/** The same tables without judging: a refusal is an error, which may concern this change or every request. */
export interface UnjudgedLiveTables {
  /** @throws DynamoDbError with a `refusal`. */
  commit(writes: readonly LiveWrite[]): Promise<boolean>
  /**
   * Whether a transaction of this row and a made-up item, under a condition that cannot hold, fails by that condition.
   */
  probe(row: Put): Promise<boolean>
}

/**
 * Live tables that distinguish a refused change from a request that is wrong for every change.
 * @param ask called before each request that judges a change.
 */
export function judged(tables: UnjudgedLiveTables, ask?: Ask): LiveTables {
  return {
    commit(writes) {
      const commit = () => tables.commit(writes)
      return writes.some(({ change }) => change) ? judge(commit, () => tables.probe(writes[0]!.row), ask) : commit()
    },
  }
}
