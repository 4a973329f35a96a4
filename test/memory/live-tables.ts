import { judged, type LiveTables, type UnjudgedLiveTables } from '../../shared/live/ports.ts'
import type { MemoryLedgerTable } from './ledger-table.ts'
import { type MemoryTable, memoryTable } from './table.ts'

/** A destination and the ledger in memory, written in one transaction: both at once when called. */
export function memoryLiveTables(destination: MemoryTable, ledger: MemoryLedgerTable): LiveTables {
  return judged(unjudgedMemory(destination, ledger))
}

export function unjudgedMemory(destination: MemoryTable, ledger: MemoryLedgerTable): UnjudgedLiveTables {
  return {
    async commit(writes) {
      // What the table refuses, it refuses before anything is written.
      for (const { change } of writes) {
        if (!change || !('put' in change)) continue
        const refusing = memoryTable(destination.schema, 'refusing')
        refusing.refuses = destination.refuses
        refusing.store(change.put.attributes())
      }
      if (!ledger.commitNow(writes.map(({ row }) => row))) return false
      for (const { change } of writes) {
        if (change && 'put' in change) destination.store(change.put.attributes())
        if (change && 'delete' in change) destination.delete(change.delete)
      }
      return true
    },
    probe: async () => true,
  }
}
