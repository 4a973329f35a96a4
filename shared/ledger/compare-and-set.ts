import { LedgerError } from './errors.ts'

/**
 * Attempts before giving up. An attempt fails only when another writer changed the row in between; ten in a row are a
 * storm.
 */
const attempts = 10

/**
 * Reads a row, decides, and stores it on condition that it has not changed. Starts over if it has changed.
 * @param row the row, as the beginning of a sentence: "The control row of run x".
 * @param attempt one round; returns `undefined` if another writer was first.
 * @throws LedgerError `lost-race`, which is retryable, when the attempts are used up.
 */
export async function compareAndSet<T>(row: string, attempt: () => Promise<{ done: T } | undefined>): Promise<T> {
  for (let tries = 0; tries < attempts; tries++) {
    const result = await attempt()
    if (result) return result.done
  }
  throw new LedgerError('lost-race', `${row} kept changing, ${attempts} times in a row. Try again.`)
}
