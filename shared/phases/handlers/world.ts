import type { Options } from '../../config/options.ts'
import type { KeySchema, TableSchema } from '../../dynamodb/key.ts'
import type { Table } from '../../dynamodb/ports.ts'
import type { TableDescription } from '../../dynamodb/sdk/describe.ts'
import type { LedgerTable } from '../../ledger/table.ts'
import type { LiveTables, Mapping, Stream } from '../../live/ports.ts'
import type { Migration } from '../../migrations/migration.ts'
import type { Deadline, Runtime } from '../../runtime/ports.ts'
import type { ShouldContinue } from '../../runtime/retry.ts'

/**
 * What the process of a function has at hand, made once: real in `functions/wiring/`, simulated in the tests. A handler
 * takes it and nothing else, so that the simulator runs what is deployed.
 */
export interface World {
  options: Options
  /** Hash of the migrations in this deployment. */
  codeHash: string
  /** ARN of the source's stream that this deployment reads, if any. */
  streamArn: string | undefined
  runtime: Runtime
  ledger: LedgerTable
  describeTable(name: string): Promise<TableDescription>
  /** A table with retries, for as long as `shouldContinue` says so. */
  openTable(name: string, schema: KeySchema, shouldContinue?: ShouldContinue): Table
}

/** Of a function that needs the user's migrations: the others are bundled without them. */
export interface Migrating {
  /** @throws MigrationsModuleError when the user's module does not load. */
  migrations(): Promise<Migration[]>
}

/** Of a function that writes an item of the destination together with its head. */
export interface LiveWorld extends World {
  /** Without retries. */
  liveTables(destination: { name: string; schema: TableSchema }): LiveTables
}

/** Of a function that reads the stream of the source. */
export interface StreamWorld extends World {
  /** Without retries. */
  openStream(schema: TableSchema): Stream
  /** How long an open shard must return nothing before it counts as read to its end, ms. */
  silenceMs: number
  /** How coarse the stream's times and how stale its reads may be, ms. */
  slackMs: number
}

/** Of a function that looks at the event source mapping of the live function, or changes it. */
export interface MappingWorld extends World {
  mapping: Mapping
}

/** Which run a function works on, and under which lease. */
export interface Task {
  run: string
  fence: number
}

/** What a state machine caught. */
export interface Caught {
  Error?: string
  Cause?: string
}

/** A function as its process holds it: what it is asked, and how long it has. */
export type Handler<E, R> = (event: E, deadline: Deadline) => Promise<R>
