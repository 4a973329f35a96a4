import { encodeKey, type TableSchema } from '../dynamodb/key.ts'
import type { Table } from '../dynamodb/ports.ts'
import type { RawItem } from '../dynamodb/raw-item.ts'
import { type Quarantined, quarantine } from '../ledger/quarantine.ts'
import type { LedgerTable } from '../ledger/table.ts'
import { noTallies } from '../ledger/tallies.ts'
import { migrateItem } from '../migrations/migrate-item.ts'
import type { Migration } from '../migrations/migration.ts'
import type { Runtime } from '../runtime/ports.ts'
import type { PageWork } from './slice/pass.ts'

export interface CopyPass {
  run: string
  schema: TableSchema
  migrations: readonly Migration[]
  destination: Table
  ledger: LedgerTable
  runtime: Runtime
  /** Nothing changes the source meanwhile. */
  offline: boolean
}

/**
 * Migrates items and writes what comes of them to the destination. While live changes come in it only inserts what is
 * absent, so it never overwrites what they wrote; offline, plain batch writes do, and doing a page again writes the same.
 */
export function copyPass({ run, schema, migrations, destination, ledger, runtime, offline }: CopyPass): PageWork {
  const write = offline ? 'put' : 'insert'
  return {
    async apply(items) {
      const tallies = { ...noTallies, read: items.length }
      const outputs = new Map<string, RawItem>()
      const poison: Quarantined[] = []
      for (const item of items) {
        const result = migrateItem(migrations, schema, item)
        tallies[result.kind]++
        if (result.kind === 'quarantined') {
          const { migration, reason } = result
          poison.push({ key: item.key, migration, reason, at: runtime.clock() })
          runtime.emit({ code: 'item.quarantined', run, migration, reason, key: encodeKey(item.key) })
        } else if (result.kind !== 'dropped') {
          for (const output of result.outputs) {
            tallies.produced++
            const key = encodeKey(output.key)
            // Two source items of one page that claim one destination key: one call may not hold a key twice.
            if (outputs.has(key)) tallies.present++
            else outputs.set(key, output)
          }
        }
      }
      // The list of poison items is written first: a checkpoint must never pass an item that is nowhere.
      await quarantine(ledger, run, poison)
      for (const result of await destination[write]([...outputs.values()]))
        tallies[result === 'present' ? 'present' : 'written']++
      return tallies
    },
  }
}
