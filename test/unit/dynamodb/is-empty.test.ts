import { expect, it } from 'vitest'
import { isEmpty } from '../../../shared/dynamodb/is-empty.ts'
import type { Page } from '../../../shared/dynamodb/ports.ts'
import { rawItem } from '../../../shared/dynamodb/raw-item.ts'
import { memoryTable } from '../../memory/table.ts'

const schema = { pk: { name: 'pk', type: 'S' } } as const
const key = (pk: string) => ({ pk: { S: pk } })

/** A table whose scan gives these pages, one after the other. */
function tableOf(...pages: Page[]) {
  const table = memoryTable(schema, 'table')
  table.scan = async ({ after, consistent }) => {
    expect(consistent).toBe(true)
    return pages[after ? Number((after.pk as { S: string }).S) : 0]!
  }
  return table
}

it('a table is empty only when every page is', async () => {
  expect(await isEmpty(tableOf({ items: [] }))).toBe(true)
  expect(await isEmpty(tableOf({ items: [], next: key('1') }, { items: [] }))).toBe(true)
  const items = [rawItem(schema, { pk: { S: 'a' } })]
  expect(await isEmpty(tableOf({ items: [], next: key('1') }, { items: [], next: key('2') }, { items }))).toBe(false)
})
