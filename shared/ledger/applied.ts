import { appliedPk } from './keys.ts'
import type { LedgerTable } from './table.ts'

/** Ids of the migrations that the data in `table` has been through, in order. */
export async function readApplied(ledger: LedgerTable, table: string): Promise<string[]> {
  const row = await ledger.get(appliedPk(table), 'APPLIED')
  return (row?.ids as string[] | undefined) ?? []
}

/** Stores the migrations that `table` has been through. Called once a run into it has finished. */
export async function writeApplied(ledger: LedgerTable, table: string, ids: string[], run: string): Promise<void> {
  await ledger.commit([{ row: { pk: appliedPk(table), sk: 'APPLIED', ids, run }, expect: 'any' }])
}
