import type { Runtime } from '../runtime/ports.ts'
import type { Ask } from '../runtime/retry.ts'
import type { Table } from './ports.ts'
import type { RawItem } from './raw-item.ts'
import { writeAll } from './retrying-batches.ts'
import { withRetries } from './retrying-calls.ts'

/**
 * The same table with retries: throttled and unavailable calls, and single unprocessed items, are retried with backoff.
 * @param ask called before each attempt.
 */
export function retrying(table: Table, runtime: Runtime, ask?: Ask): Table {
  const call = <T>(operation: string, once: () => Promise<T>) =>
    withRetries(`${operation} ${table.name}`, runtime, once, ask)
  const write = (operation: 'put' | 'insert', items: RawItem[]) => writeAll(table, operation, items, runtime, ask)
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
