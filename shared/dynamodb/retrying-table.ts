import type { Runtime } from '../runtime/ports.ts'
import type { Ask } from '../runtime/retry.ts'
import { spending } from './meter.ts'
import type { Page, Table } from './ports.ts'
import type { RawItem } from './raw-item.ts'
import { writeAll } from './retrying-batches.ts'
import { withRetries } from './retrying-calls.ts'

/**
 * The same table with retries: throttled and unavailable calls, and single unprocessed items, are retried with backoff.
 * @param ask called before each attempt; each pays for what it takes.
 */
export function retrying(table: Table, runtime: Runtime, ask?: Ask): Table {
  const call = <T>(operation: string, once: () => Promise<T>) =>
    withRetries(`${operation} ${table.name}`, runtime, once, ask)
  /** Units of an item, by the last page, where reads are not consistent. Until then items count as such of 1 KB. */
  let perItem = 1 / 8
  const read = (operation: string, limit: number, consistent: boolean, page: () => Promise<Page>) =>
    call(operation, () =>
      spending(
        ask,
        'read',
        () => pageUnits(limit * perItem, consistent),
        async (report) => {
          const { units, ...rest } = await page()
          report(units)
          if (units !== undefined && rest.items.length > 0) perItem = units / rest.items.length / (consistent ? 2 : 1)
          return rest
        },
      ),
    )
  const write = (operation: 'put' | 'insert', items: RawItem[]) => writeAll(table, operation, items, runtime, ask)
  return {
    name: table.name,
    schema: table.schema,
    scan: (request) => read('scan', request.limit, request.consistent, () => table.scan(request)),
    query: (request) => read('query', request.limit, request.consistent, () => table.query(request)),
    get: (keys) => call('get', () => table.get(keys)),
    put: (items) => write('put', items),
    insert: (items) => write('insert', items),
  }
}

/** Units of the largest page, 1 MB: half a unit for 4 KB. */
const largestPage = 128

/**
 * The units of a page, as far as they are known before.
 * @param units of its items, where reads are not consistent; those take twice as many.
 */
function pageUnits(units: number, consistent: boolean): number {
  const inHalves = Math.max(0.5, Math.ceil(units * 2) / 2)
  return Math.min(largestPage, inHalves) * (consistent ? 2 : 1)
}
