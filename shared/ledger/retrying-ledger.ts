import { isDeepStrictEqual } from 'node:util'
import { DynamoDbError } from '../dynamodb/errors.ts'
import type { Runtime } from '../runtime/ports.ts'
import { type Attempt, retry } from '../runtime/retry.ts'
import type { LedgerTable, Put, Row } from './table.ts'

/**
 * The same ledger with retries: conflicts, throttling and lost responses are retried with backoff. A commit whose
 * response was lost may have been applied; then its repetition fails its own condition. In that case the rows are read
 * again, and `true` is returned if they are exactly as they were to be stored.
 */
export function retryingLedger(table: LedgerTable, runtime: Runtime): LedgerTable {
  const call = <T>(operation: string, once: () => Promise<T>) =>
    retry<T>(
      `${operation} ledger`,
      runtime,
      () => once().then((done) => ({ done }), again<T>),
      (_, cause) => cause as Error,
    )
  const stored = async (puts: Put[]) => {
    for (const { row } of puts) {
      const found = await call('get', () => table.get(row.pk, row.sk))
      if (!found || !sameRow(found, row)) return false
    }
    return true
  }
  return {
    get: (pk, sk) => call('get', () => table.get(pk, sk)),
    query: (pk, prefix, page) => call('query', () => table.query(pk, prefix, page)),
    commit: async (puts) => {
      let responseLost = false
      const committed = await call('commit', async () => {
        try {
          return await table.commit(puts)
        } catch (error) {
          responseLost ||= DynamoDbError.is(error) && error.code === 'unavailable'
          throw error
        }
      })
      return committed || (responseLost && (await stored(puts)))
    },
  }
}

function again<T>(error: unknown): Attempt<T> {
  if (DynamoDbError.is(error) && error.retryable) return { again: error.code, cause: error }
  throw error
}

/** Compares as JSON, where an attribute that is `undefined` is absent. */
function sameRow(a: Row, b: Row): boolean {
  const plain = (row: Row) => JSON.parse(JSON.stringify(row)) as unknown
  return isDeepStrictEqual(plain(a), plain(b))
}
