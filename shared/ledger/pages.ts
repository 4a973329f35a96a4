import type { LedgerTable, Page, Row } from './table.ts'

/** Rows of a page: the most that are held at a time, because a list may be longer than memory. */
export const pageRows = 1_000

/**
 * Visits the rows of a partition key in the order of `sk`. Holds one page at a time. A fault repeats only the read of a
 * page, so each row is visited once.
 * @param which rows: those with this `prefix`, and of these only those that are `changed`. @default all
 */
export async function eachPage(
  ledger: LedgerTable,
  pk: string,
  visit: (rows: Row[]) => void | Promise<void>,
  { prefix = '', ...which }: { prefix?: string } & Pick<Page, 'changed'> = {},
): Promise<void> {
  for (let after: string | undefined = ''; after !== undefined; ) {
    const rows: Row[] = await ledger.query(pk, prefix, { after, limit: pageRows, ...which })
    await visit(rows)
    after = endOf(rows)
  }
}

/** The sort key after which the next page begins; `undefined` after the last page. */
export function endOf(page: readonly Row[]): string | undefined {
  return page.length === pageRows ? page.at(-1)!.sk : undefined
}
