import type { LedgerTable, Row } from './table.ts'

/** Rows of a page: what is held at a time of a list that may be longer than memory. */
export const pageRows = 1_000

/**
 * Hands over the rows of a partition key in sk order, a page at a time, and holds no more than that page. A fault repeats
 * the page that was being read, so each row is handed over once.
 */
export async function eachPage(
  ledger: LedgerTable,
  pk: string,
  visit: (rows: Row[]) => void | Promise<void>,
): Promise<void> {
  for (let after: string | undefined = ''; after !== undefined; ) {
    const rows: Row[] = await ledger.query(pk, '', { after, limit: pageRows })
    await visit(rows)
    after = endOf(rows)
  }
}

/** The sort key behind which the next page begins; none after the last. */
export function endOf(page: readonly Row[]): string | undefined {
  return page.length === pageRows ? page.at(-1)!.sk : undefined
}
