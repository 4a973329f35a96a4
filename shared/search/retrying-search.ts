import type { Runtime } from '../runtime/ports.ts'
import { type Ask, type Attempt, retry } from '../runtime/retry.ts'
import { SearchError } from './errors.ts'
import type { Search } from './ports.ts'
import { bulkAll } from './retrying-bulk.ts'

/**
 * The same cluster with retries: what may succeed later is retried with backoff, and so are single writes of a bulk. A
 * bulk of any size is sent in requests within the service's limits. **A write whose answer was lost is sent again**: it
 * then meets its own version, as `conflict`.
 * @param ask called before each request.
 */
export function retryingSearch(search: Search, runtime: Runtime, ask?: Ask): Search {
  const call = <T>(operation: string, once: () => Promise<T>) =>
    retry<T>(
      operation,
      runtime,
      () => once().then((done) => ({ done }), again<T>),
      (_, cause) => cause as Error,
      ask,
    )
  return {
    info: () => call('info', () => search.info()),
    bulk: (writes) => bulkAll(search, writes, runtime, ask),
    get: (index, documents) => call(`get ${index}`, () => search.get(index, documents)),
    walk: (request) => call(`walk ${request.index}`, () => search.walk(request)),
    unmarked: (index, limit) => call(`unmarked ${index}`, () => search.unmarked(index, limit)),
    count: (index) => call(`count ${index}`, () => search.count(index)),
    refresh: (index) => call(`refresh ${index}`, () => search.refresh(index)),
    indices: (name) => call(`indices ${name}`, () => search.indices(name)),
    createIndex: (name, index) => call(`createIndex ${name}`, () => search.createIndex(name, index)),
    deleteIndex: (name) => call(`deleteIndex ${name}`, () => search.deleteIndex(name)),
    putSettings: (index, settings) => call(`putSettings ${index}`, () => search.putSettings(index, settings)),
    changeAliases: (changes) => call('changeAliases', () => search.changeAliases(changes)),
    health: (index) => call(`health ${index}`, () => search.health(index)),
  }
}

function again<T>(error: unknown): Attempt<T> {
  if (SearchError.is(error) && error.retryable) return { again: error.code, cause: error }
  throw error
}
