import type { Table } from './ports.ts'

/** Whether a table holds no item, by a strongly consistent read of one. */
export async function isEmpty(table: Table): Promise<boolean> {
  const page = await table.scan({ segment: 0, totalSegments: 1, limit: 1, consistent: true })
  return page.items.length === 0
}
