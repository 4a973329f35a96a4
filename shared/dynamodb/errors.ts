import { type ErrorTable, SegueError } from '../runtime/error.ts'

export type DynamoDbErrorCode =
  | 'throttled'
  | 'unavailable'
  | 'table-not-found'
  | 'access-denied'
  | 'invalid-request'
  | 'conflict'
  | 'malformed-answer'

export const dynamoDbErrors: ErrorTable<DynamoDbErrorCode> = {
  throttled: {
    means: 'The table or the account has no capacity left at the moment.',
    next: 'Calls are retried with backoff. If it lasts, raise the capacity or lower `concurrency`.',
    retryable: true,
  },
  unavailable: {
    means: 'DynamoDB did not respond, or failed on its side.',
    next: 'Calls are retried with backoff. If it lasts, check the network path to the endpoint.',
    retryable: true,
  },
  conflict: {
    means: 'Another transaction was writing the same items.',
    next: 'Calls are retried with backoff. If it lasts, find out what else writes these tables.',
    retryable: true,
  },
  'table-not-found': {
    means: 'There is no such table in this region and account.',
    next: 'Check the name of the table, the region and the account; a new table must be ACTIVE first.',
  },
  'access-denied': {
    means: 'The credentials are not valid, or do not allow the call.',
    next: 'Check the credentials. Allow the action that the message names on the table, and the use of its KMS key.',
  },
  'invalid-request': {
    means: 'DynamoDB does not accept the request, and will not accept it later.',
    next: 'Check the items against the key schema and the limits of DynamoDB. Report it if they are right.',
  },
  'malformed-answer': {
    means: 'The response is none that DynamoDB would give. Continuing with it would skip items.',
    next: 'Report it, and say which service the endpoint belongs to.',
  },
}

/** A call to DynamoDB that failed as a whole. `retryable` says whether the same call may succeed later. */
export class DynamoDbError extends SegueError {
  static override readonly kind = 'DynamoDbError'
  declare readonly code: DynamoDbErrorCode
  /** The name the service gave the error, where it gave one. */
  readonly serviceError?: string
  /** Why the service refused the write as invalid, without item contents; only for such failures. */
  readonly refusal?: string

  constructor(
    code: DynamoDbErrorCode,
    message: string,
    { serviceError, refusal, ...options }: ErrorOptions & { serviceError?: string; refusal?: string } = {},
  ) {
    super(code, message, { source: 'dependency', ...dynamoDbErrors[code] }, options)
    if (serviceError) this.serviceError = serviceError
    if (refusal) this.refusal = refusal
  }
}
