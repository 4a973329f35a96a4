import { encodeKey, type Key } from '../dynamodb/key.ts'
import type { Table } from '../dynamodb/ports.ts'
import type { RawItem } from '../dynamodb/raw-item.ts'
import { inParallel } from '../runtime/parallel.ts'

/** Most keys of one read: BatchGetItem's limit. */
const keysPerRead = 100

/** The items of `keys` that exist, by encoded key; any number of keys, repeated ones read once, strongly consistent. */
export async function readMany(table: Pick<Table, 'get'>, keys: Key[]): Promise<Map<string, RawItem>> {
  const distinct = [...new Map(keys.map((key) => [encodeKey(key), key])).values()]
  const reads: Key[][] = []
  for (let i = 0; i < distinct.length; i += keysPerRead) reads.push(distinct.slice(i, i + keysPerRead))
  const answers = await inParallel(4, reads, (read) => table.get(read))
  return new Map(answers.flat().map((item) => [encodeKey(item.key), item]))
}
