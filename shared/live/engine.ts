import type { TableSchema } from '../dynamodb/key.ts'
import type { Table } from '../dynamodb/ports.ts'
import type { LedgerTable } from '../ledger/table.ts'
import type { Migration } from '../migrations/migration.ts'
import type { Runtime } from '../runtime/ports.ts'
import type { LiveTables } from './ports.ts'

/** The engine that applies live changes of one run. Its stores retry by themselves (`retrying…`). */
export interface LiveEngine {
  run: string
  schema: TableSchema
  /** The pending ones, in order. */
  migrations: readonly Migration[]
  source: Pick<Table, 'get'>
  tables: LiveTables
  ledger: LedgerTable
  runtime: Runtime
}
