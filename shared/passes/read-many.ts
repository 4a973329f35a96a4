import { encodeKey, type Key } from '../dynamodb/key.ts'
import type { Table } from '../dynamodb/ports.ts'
import type { RawItem } from '../dynamodb/raw-item.ts'
import { inParallel } from '../runtime/parallel.ts'

/** Most keys of one read: BatchGetItem's limit. */
const keysPerRead = 100

/** The existing items of any number of keys, by encoded key, strongly consistent. Repeated keys are read once. */
export async function readMany(table: Pick<Table, 'get'>, keys: Key[]): Promise<Map<string, RawItem>> {
  const found = new Map<string, RawItem>()
  await eachRead(table, keys, (item) => void found.set(encodeKey(item.key), item))
  return found
}

/**
 * Visits the same items in no order. Holds only the items of the reads in flight, because a page of them may be large.
 */
export async function eachRead(table: Pick<Table, 'get'>, keys: Key[], visit: (item: RawItem) => void): Promise<void> {
  const distinct = [...new Map(keys.map((key) => [encodeKey(key), key])).values()]
  const reads: Key[][] = []
  for (let i = 0; i < distinct.length; i += keysPerRead) reads.push(distinct.slice(i, i + keysPerRead))
  await inParallel(4, reads, async (read) => {
    for (const item of await table.get(read)) visit(item)
  })
}
