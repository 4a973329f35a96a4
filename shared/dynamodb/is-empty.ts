import type { Table } from './ports.ts'

/**
 * Whether a table holds no item, by strongly consistent reads of one item each. A page may be empty although more pages
 * follow.
 */
export async function isEmpty(table: Table): Promise<boolean> {
  const first = { segment: 0, totalSegments: 1, limit: 1, consistent: true }
  let page = await table.scan(first)
  while (page.items.length === 0 && page.next) page = await table.scan({ ...first, after: page.next })
  return page.items.length === 0
}
