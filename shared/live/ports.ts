import type { Attributes } from '../dynamodb/attributes.ts'
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
}

/**
 * Reads one shard onwards. `closed`: the shard has ended and everything in it has been read. `trimmed`: what follows has
 * been thrown away unread, so there is nothing to go on with.
 */
export interface ShardReader {
  next(): Promise<{ records: StreamRecord[]; closed: boolean; trimmed?: boolean }>
}

/** The source's stream, read beside the mapping that feeds the live function. */
export interface Stream {
  shards(): Promise<Shard[]>
  /** @param after sequence number to go on after; without, from TRIM_HORIZON. */
  open(shard: string, after: string | undefined): Promise<ShardReader>
}

/** The event source mapping that feeds the live function. Changes take up to minutes. */
export interface Mapping {
  set(enabled: boolean): Promise<void>
  state(): Promise<'Enabled' | 'Disabled' | 'changing'>
}

export type DestinationChange = { put: RawItem } | { delete: Key }

/** Writes a destination item and its head in one transaction. */
export interface LiveTables {
  /** `false`, and nothing written, when the head is not as `head.expect` says. Without `change`, the head alone. */
  commit(head: Put, change?: DestinationChange): Promise<boolean>
}
