import { isDeepStrictEqual } from 'node:util'
import { DynamoDbError } from '../dynamodb/errors.ts'
import { withRetries } from '../dynamodb/retrying-calls.ts'
import type { LedgerTable, Row } from '../ledger/table.ts'
import type { Runtime } from '../runtime/ports.ts'
import type { Ask } from '../runtime/retry.ts'
import type { LiveTables, Stream } from './ports.ts'

/**
 * The same tables with retries: conflicts, throttling and lost responses are retried with backoff. A commit whose
 * response was lost may have been applied; then its repetition fails its own condition. In that case, `true` is
 * returned if the first row is exactly as it was to be stored. Even if another writer stored an identical row, that
 * writer's items are as new.
 */
export function retryingLiveTables(tables: LiveTables, ledger: LedgerTable, runtime: Runtime, ask?: Ask): LiveTables {
  return {
    async commit(writes) {
      let responseLost = false
      const commit = async () => {
        try {
          return await tables.commit(writes)
        } catch (error) {
          responseLost ||= DynamoDbError.is(error) && error.code === 'unavailable'
          throw error
        }
      }
      const committed = await withRetries('commit live change', runtime, commit, ask)
      if (committed || !responseLost) return committed
      const { row } = writes[0]!.row
      const stored = await ledger.get(row.pk, row.sk)
      return stored !== undefined && isDeepStrictEqual(plain(stored), plain(row))
    },
  }
}

/**
 * The same stream with retries of throttling and lost responses, page by page: DescribeStream allows ten calls a
 * second.
 * @param ask called before each attempt.
 */
export function retryingStream(stream: Stream, runtime: Runtime, ask?: Ask): Stream {
  const call = <T>(operation: string, once: () => Promise<T>) => withRetries(operation, runtime, once, ask)
  return {
    arn: stream.arn,
    shards: (after) => call('list shards', () => stream.shards(after)),
    async open(shard, after) {
      const reader = await call('open shard', () => stream.open(shard, after))
      return { next: () => call('read shard', () => reader.next()) }
    },
  }
}

/** As JSON, where an attribute that is `undefined` is absent. */
function plain(row: Row): unknown {
  return JSON.parse(JSON.stringify(row))
}
