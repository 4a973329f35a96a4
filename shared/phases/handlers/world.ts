import type { Options } from '../../config/options.ts'
import type { KeySchema, TableSchema } from '../../dynamodb/key.ts'
import type { Table } from '../../dynamodb/ports.ts'
import type { TableDescription } from '../../dynamodb/sdk/describe.ts'
import type { FeedName } from '../../ledger/feeds.ts'
import type { LedgerTable } from '../../ledger/table.ts'
import type { LiveTables, Mapping, Stream } from '../../live/ports.ts'
import type { LoadedIndex } from '../../migrations/load-indices.ts'
import type { Migration } from '../../migrations/migration.ts'
import type { Deadline, Runtime } from '../../runtime/ports.ts'
import type { Ask } from '../../runtime/retry.ts'
import type { Search } from '../../search/ports.ts'

/**
 * The resources of a function's process, made once: real in `functions/wiring/`, simulated in the tests. A handler
 * takes nothing else, so that the simulator runs the deployed code.
 */
export interface World {
  options: Options
  /** Hash of the migrations in this deployment. */
  codeHash: string
  /** Hash of its index definitions; no value for a deployment without. */
  searchHash: string | undefined
  /** ARN of the source's stream that this deployment reads, if any. */
  streamArn: string | undefined
  runtime: Runtime
  ledger: LedgerTable
  describeTable(name: string): Promise<TableDescription>
  /** A table with retries, which calls `ask` before each request. */
  openTable(name: string, schema: KeySchema, ask?: Ask): Table
}

/** For a function that needs the user's migrations; the others are bundled without them. */
export interface Migrating {
  /** @throws MigrationsModuleError when the user's module does not load. */
  migrations(): Promise<Migration[]>
}

/** For a function that writes a destination item together with its head. */
export interface LiveWorld extends World {
  /** Without retries. Calls `ask` before each call of a change that takes several. */
  liveTables(destination: { name: string; schema: TableSchema }, ask?: Ask): LiveTables
}

/** For a function that reads a stream. */
export interface StreamWorld extends World {
  /** The stream of a feed, without retries. */
  openStream(schema: TableSchema, feed: FeedName): Stream
  /** How long an open shard must return nothing before it counts as read to its end, ms. */
  silenceMs: number
  /** How coarse the stream's times and how stale its reads may be, ms. */
  slackMs: number
}

/** For a function that reads or changes event source mappings. */
export interface MappingWorld extends World {
  /** The mapping of each feed that the deployment has. */
  mappings: { [feed in FeedName]?: Mapping }
}

/** For a function that works on the indices of the destination. */
export interface SearchWorld extends World {
  /**
   * The index definitions of this deployment; none where it has no module of them.
   * @throws SearchModuleError when the user's module does not load.
   */
  indices(): Promise<LoadedIndex[]>
  /** The domain of the indices, without retries. */
  openSearch(): Promise<Search>
}

/** Which run a function works on, and under which lease. */
export interface Task {
  run: string
  fence: number
}

/** The error that a state machine caught. */
export interface Caught {
  Error?: string
  Cause?: string
}

/** A function of one process: takes an event and the time that is left. */
export type Handler<E, R> = (event: E, deadline: Deadline) => Promise<R>
