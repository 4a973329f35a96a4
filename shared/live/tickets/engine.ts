import type { Key } from '../../dynamodb/key.ts'
import type { Table } from '../../dynamodb/ports.ts'
import type { RawItem } from '../../dynamodb/raw-item.ts'
import { graceMs } from '../../facts/coverage.ts'
import type { LedgerTable } from '../../ledger/table.ts'
import type { MadeDocument } from '../../migrations/make-document.ts'
import type { Runtime } from '../../runtime/ports.ts'
import type { Ask } from '../../runtime/retry.ts'
import type { Search } from '../../search/ports.ts'

/** The longest that Lambda lets any function work that takes tickets, ms. */
const longestMs = 900_000

/** See {@link TicketEngine.lifetimeMs}. */
export const senderLifetimeMs = longestMs + graceMs

/** What an item is to be in one index of a build. */
export interface BuildDocument {
  /** The alias of its definition, for people. */
  alias: string
  /** The alias through which the index of this build is written. */
  through: string
  made: MadeDocument
}

/** The engine that brings changed items into the indices of one build. */
export interface TicketEngine {
  /** Names the rows of the build. */
  build: string
  /**
   * Whether no version 1 of the pass that fills the build can land any more, as last read: it may be so by now.
   */
  isQuiet: boolean
  /** What an item, or a key without an item, is to be in each index of the build. */
  documentsOf(key: Key, item: RawItem | undefined): BuildDocument[]
  /** The table that is indexed. */
  table: Pick<Table, 'get'>
  /** Without retries: a bulk that is sent twice would leave a request behind that no ticket tells of. */
  search: Pick<Search, 'bulk'>
  ledger: LedgerTable
  runtime: Runtime
  /**
   * From when a ticket is taken until nothing that was sent for it can land any more, ms: the longest time-out of a
   * function that takes tickets, and a margin for the last request and for clocks that differ.
   */
  lifetimeMs: number
  /** Called before each bulk and each attempt. */
  ask?: Ask
}
