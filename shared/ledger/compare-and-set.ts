import { LedgerError } from './errors.ts'

/** Attempts before giving up. One is lost only when somebody else changed the row in between, so many in a row are a storm. */
const attempts = 10

/**
 * Reads a row, decides, and stores it on condition that it has not changed meanwhile; once more from the start when it has.
 * @param row what is changed, as the beginning of a sentence: "The control row of run x".
 * @param attempt one round: what came of it, or nothing where somebody else was first.
 * @throws LedgerError `lost-race`, which is retryable, when the attempts are used up.
 */
export async function compareAndSet<T>(row: string, attempt: () => Promise<{ done: T } | undefined>): Promise<T> {
  for (let tries = 0; tries < attempts; tries++) {
    const result = await attempt()
    if (result) return result.done
  }
  throw new LedgerError('lost-race', `${row} kept changing, ${attempts} times in a row. Try again.`)
}
