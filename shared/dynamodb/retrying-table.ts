import type { Runtime } from '../runtime/ports.ts'
import { type Attempt, retry, type ShouldContinue } from '../runtime/retry.ts'
import { DynamoDbError } from './errors.ts'
import type { Table, WriteResult } from './ports.ts'
import type { RawItem } from './raw-item.ts'

/**
 * The same table with retries: throttled and unavailable calls, and single unprocessed items, are retried with backoff.
 */
export function retrying(table: Table, runtime: Runtime, shouldContinue?: ShouldContinue): Table {
  const call = <T>(operation: string, once: () => Promise<T>) =>
    withRetries(`${operation} ${table.name}`, runtime, once, shouldContinue)
  const write = (operation: 'put' | 'insert', items: RawItem[]) =>
    writeAll(table, operation, items, runtime, shouldContinue)
  return {
    name: table.name,
    schema: table.schema,
    scan: (request) => call('scan', () => table.scan(request)),
    query: (request) => call('query', () => table.query(request)),
    get: (keys) => call('get', () => table.get(keys)),
    put: (items) => write('put', items),
    insert: (items) => write('insert', items),
  }
}

/**
 * Retries one call with backoff while its errors are retryable.
 * @throws its last error.
 */
export function withRetries<T>(
  operation: string,
  runtime: Runtime,
  once: () => Promise<T>,
  shouldContinue?: ShouldContinue,
): Promise<T> {
  return retry<T>(
    operation,
    runtime,
    () => once().then((done) => ({ done }), again<T>),
    (_, cause) => cause as Error,
    shouldContinue,
  )
}

function again<T>(error: unknown): Attempt<T> {
  if (DynamoDbError.is(error) && error.retryable) return { again: error.code, cause: error }
  throw error
}

async function writeAll(
  table: Table,
  operation: 'put' | 'insert',
  items: RawItem[],
  runtime: Runtime,
  shouldContinue: ShouldContinue | undefined,
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
      return { again: `${open.length} items unprocessed`, progressed: open.length < before }
    },
    (reason, cause) =>
      (cause as Error) ?? new DynamoDbError('throttled', `${operation} to ${table.name} gave up: ${reason}`),
    shouldContinue,
  )
}
