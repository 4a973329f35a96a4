import { describe, expect, it } from 'vitest'
import type { KeySchema } from '../../shared/dynamodb/key.ts'
import { rawItem } from '../../shared/dynamodb/raw-item.ts'
import { type Change, memoryTable } from '../memory/table.ts'

const schema: KeySchema = { pk: { name: 'pk', type: 'S' }, sk: { name: 'sk', type: 'N' } }
const attributes = (n: number, text = 'x') => ({ pk: { S: `pk${n % 10}` }, sk: { N: `${n}` }, text: { S: text } })
const key = (n: number) => ({ pk: { S: `pk${n % 10}` }, sk: { N: `${n}` } })

describe('a table in memory', () => {
  it('tells its observer of every mutation and of nothing else', async () => {
    const table = memoryTable(schema, 'memory')
    const changes: Change[] = []
    table.onChange = (change) => changes.push(change)
    await table.insert([rawItem(schema, attributes(1)), rawItem(schema, attributes(2))])
    await table.insert([rawItem(schema, attributes(1, 'ignored'))])
    await table.put([rawItem(schema, attributes(1)), rawItem(schema, attributes(2, 'y'))])
    table.store(attributes(1, 'z'))
    table.delete(key(2))
    table.delete(key(2))
    expect(changes).toEqual([
      { new: attributes(1) },
      { new: attributes(2) },
      { old: attributes(2), new: attributes(2, 'y') },
      { old: attributes(1), new: attributes(1, 'z') },
      { old: attributes(2, 'y') },
    ])
  })

  it('says what it holds', () => {
    const table = memoryTable(schema, 'memory')
    for (let n = 0; n < 100; n++) table.store(attributes(n))
    for (let n = 0; n < 100; n += 2) table.delete(key(n))
    expect(table.size).toBe(50)
    expect(table.items()).toHaveLength(50)
    expect(table.find(key(3))).toEqual(attributes(3))
    expect(table.find(key(4))).toBeUndefined()
  })

  it('keeps an item as it was stored when its writer changes it afterwards', () => {
    const table = memoryTable(schema, 'memory')
    const item = attributes(1)
    table.store(item)
    item.text.S = 'changed'
    expect(table.find(key(1))).toEqual(attributes(1))
  })

  it('holds 100,000 items, half of them under one key', async () => {
    const table = memoryTable(schema, 'memory')
    const of = (n: number) => ({ pk: { S: n % 2 ? 'hot' : `pk${n}` }, sk: { N: `${(n * 7919) % 100_003}` } })
    for (let n = 0; n < 100_000; n++) table.store(of(n))
    let seen = 0
    for (let after = undefined as undefined | Awaited<ReturnType<typeof table.scan>>['next'], more = true; more; ) {
      const page = await table.scan({
        segment: 0,
        totalSegments: 1,
        limit: 1000,
        consistent: true,
        ...(after && { after }),
      })
      seen += page.items.length
      after = page.next
      more = after !== undefined
    }
    expect(seen).toBe(100_000)
  })
})
