export type RefusalCode =
  | 'invalid-input'
  | 'table-not-found'
  | 'same-table'
  | 'schema-mismatch'
  | 'destination-not-empty'
  | 'access-denied'
  | 'table-not-ready'
  | 'slice-too-short'
  | 'run-in-progress'
  | 'execution-ended'
  | 'nothing-to-resume'
  | 'nothing-to-verify'
  | 'not-covered'
  | 'no-stream'
  | 'stream-changed'
  | 'code-changed'

/** A run that must not begin, and what to do about it. Nothing has been written when this is thrown. */
export class Refusal extends Error {
  readonly source = 'user'
  readonly retryable = false
  readonly code: RefusalCode

  constructor(code: RefusalCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'Refusal'
    this.code = code
  }
}

/** An expected refusal as the state machine sees it: `error` and `cause` become those of the failed execution. */
export interface Refused {
  outcome: 'refused'
  error: string
  cause: string
}

/** Turns errors with a user's or dependency's `code` into a value; throws every other one, so that it is retried. */
export async function orRefused<T>(work: () => Promise<T>): Promise<T | Refused> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || !('retryable' in error) || error.retryable) throw error
    return { outcome: 'refused', error: String(error.code), cause: error.message }
  }
}
