import { isDeepStrictEqual } from 'node:util'
import { DynamoDbError } from '../dynamodb/errors.ts'
import { withRetries } from '../dynamodb/retrying-table.ts'
import type { LedgerTable, Row } from '../ledger/table.ts'
import type { Runtime } from '../runtime/ports.ts'
import type { ShouldContinue } from '../runtime/retry.ts'
import type { LiveTables, Stream } from './ports.ts'

/**
 * The same tables, patient: conflicts, throttling and lost answers are asked again with backoff. A commit whose answer was
 * lost may have been applied, and then fails its own condition when repeated: so in that case a head that is exactly as it
 * was to be stored answers `true`. Should it be another's, written in the same words, then that one's item is as new.
 */
export function retryingLiveTables(
  tables: LiveTables,
  ledger: LedgerTable,
  runtime: Runtime,
  shouldContinue?: ShouldContinue,
): LiveTables {
  return {
    async commit(head, change) {
      let answerLost = false
      const commit = async () => {
        try {
          return await tables.commit(head, change)
        } catch (error) {
          answerLost ||= DynamoDbError.is(error) && error.code === 'unavailable'
          throw error
        }
      }
      const committed = await withRetries('commit live change', runtime, commit, shouldContinue)
      if (committed || !answerLost) return committed
      const stored = await ledger.get(head.row.pk, head.row.sk)
      return stored !== undefined && isDeepStrictEqual(plain(stored), plain(head.row))
    },
  }
}

/** The same stream, patient with throttling and lost answers, page by page: DescribeStream takes ten calls a second. */
export function retryingStream(stream: Stream, runtime: Runtime): Stream {
  return {
    arn: stream.arn,
    shards: (after) => withRetries('list shards', runtime, () => stream.shards(after)),
    async open(shard, after) {
      const reader = await withRetries('open shard', runtime, () => stream.open(shard, after))
      return { next: () => withRetries('read shard', runtime, () => reader.next()) }
    },
  }
}

/** As JSON, in which an attribute that is `undefined` is one that is absent. */
function plain(row: Row): unknown {
  return JSON.parse(JSON.stringify(row))
}
