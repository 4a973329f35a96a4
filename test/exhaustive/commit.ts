import type { Put, Row } from '../../shared/ledger/table.ts'

/** The rows of a ledger, by `pk sk`. */
export type Rows = { [id: string]: Row }

/** The rows after a commit; `undefined` if one is not as its `expect` says. */
export function committed(before: Rows, puts: Put[]): Rows | undefined {
  const rows = { ...before }
  for (const { row, expect } of puts) {
    const found = rows[`${row.pk} ${row.sk}`]
    if (expect === 'absent' && found) return undefined
    if (typeof expect === 'object' && !Object.entries(expect).every(([name, value]) => found?.[name] === value))
      return undefined
    rows[`${row.pk} ${row.sk}`] = JSON.parse(JSON.stringify(row)) as Row
  }
  return rows
}
