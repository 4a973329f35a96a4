import type { Table } from './ports.ts'
import type { RawItem } from './raw-item.ts'

/** Whether a table holds no item, by strongly consistent reads of one item each. */
export async function isEmpty(table: Table): Promise<boolean> {
  return (await firstItem(table)) === undefined
}

/**
 * The first item of a scan, read strongly consistent; `undefined` if the table is empty. A page may be empty although
 * more pages follow.
 */
export async function firstItem(table: Table): Promise<RawItem | undefined> {
  const first = { segment: 0, totalSegments: 1, limit: 1, consistent: true }
  let page = await table.scan(first)
  while (page.items.length === 0 && page.next) page = await table.scan({ ...first, after: page.next })
  return page.items[0]
}
