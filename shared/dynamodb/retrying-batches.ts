import type { Runtime } from '../runtime/ports.ts'
import { type Ask, retry } from '../runtime/retry.ts'
import { DynamoDbError } from './errors.ts'
import type { Table, WriteResult } from './ports.ts'
import type { RawItem } from './raw-item.ts'
import { again } from './retrying-calls.ts'

/**
 * Writes items in batches, and retries with backoff those that the service left unprocessed or throttled: single items of
 * BatchWriteItem and single statements of BatchExecuteStatement.
 * @returns one result for each item, in their order.
 * @throws DynamoDbError of the last attempt when the retries end.
 */
export async function writeAll(
  table: Table,
  operation: 'put' | 'insert',
  items: RawItem[],
  runtime: Runtime,
  ask: Ask | undefined,
) {
  const results = new Array<WriteResult>(items.length)
  let open = items.map((_, index) => index)
  return retry<WriteResult[]>(
    `${operation} ${table.name}`,
    runtime,
    async () => {
      let sent: WriteResult[]
      try {
        sent = await table[operation](open.map((index) => items[index] as RawItem))
      } catch (error) {
        return again(error)
      }
      open.forEach((index, position) => {
        results[index] = sent[position] as WriteResult
      })
      const before = open.length
      open = open.filter((index) => results[index] === 'retry')
      if (open.length === 0) return { done: results }
      return { again: `${open.length} items unprocessed`, progressed: open.length < before, throttled: true }
    },
    (reason, cause) =>
      (cause as Error) ?? new DynamoDbError('throttled', `${operation} to ${table.name} gave up: ${reason}`),
    ask,
  )
}
