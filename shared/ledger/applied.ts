import { appliedPk } from './keys.ts'
import { findRun } from './runs.ts'
import type { LedgerTable } from './table.ts'

/** A table, and its TableId where it has one: another table of the same name has another. DynamoDB Local has none. */
export interface TableIdentity {
  name: string
  id?: string | undefined
}

/** Ids of the migrations that the data in a table has been through, in order. */
export async function readApplied(ledger: LedgerTable, table: TableIdentity): Promise<string[]> {
  const row = (table.id && (await ledger.get(keyOf(table), 'APPLIED'))) || (await readByName(ledger, table))
  return (row?.ids as string[] | undefined) ?? []
}

/**
 * The row of an earlier version, which has the table's name alone; not if its run is known to have filled another table of that
 * name.
 */
async function readByName(ledger: LedgerTable, { name, id }: TableIdentity) {
  const row = await ledger.get(keyOf({ name }), 'APPLIED')
  if (!row || id === undefined) return row
  const filled = (await findRun(ledger, row.run as string))?.tableIds?.destination
  return filled === undefined || filled === id ? row : undefined
}

/** Stores the migrations that a table has been through. Called once a run into it has finished. */
export async function writeApplied(
  ledger: LedgerTable,
  table: TableIdentity,
  ids: string[],
  run: string,
): Promise<void> {
  const row = { pk: keyOf(table), sk: 'APPLIED', table: table.name, ids, run }
  await ledger.commit([{ row, expect: 'any' }])
}

/** No name of a table holds `#`. */
function keyOf({ name, id }: TableIdentity): string {
  return appliedPk(id === undefined ? name : `id#${id}`)
}
