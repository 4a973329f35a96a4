import { isDeepStrictEqual } from 'node:util'
import { DynamoDbError } from '../dynamodb/errors.ts'
import type { Runtime } from '../runtime/ports.ts'
import { type Attempt, retry } from '../runtime/retry.ts'
import type { LedgerTable, Put, Row } from './table.ts'

/**
 * The same ledger, patient: conflicts, throttling and lost answers are asked again with backoff. A commit whose answer
 * was lost may have been applied, and then fails its own condition when repeated; so in that case the rows are read
 * again, and rows that are exactly as they were to be stored answer `true`.
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
      let answerLost = false
      const committed = await call('commit', async () => {
        try {
          return await table.commit(puts)
        } catch (error) {
          answerLost ||= DynamoDbError.is(error) && error.code === 'unavailable'
          throw error
        }
      })
      return committed || (answerLost && (await stored(puts)))
    },
  }
}

/** Turns a retryable error into a reason to try again; throws every other one. */
function again<T>(error: unknown): Attempt<T> {
  if (DynamoDbError.is(error) && error.retryable) return { again: error.code, cause: error }
  throw error
}

/** Compared as JSON, in which an attribute that is `undefined` is an attribute that is absent. */
function sameRow(a: Row, b: Row): boolean {
  const plain = (row: Row) => JSON.parse(JSON.stringify(row)) as unknown
  return isDeepStrictEqual(plain(a), plain(b))
}
