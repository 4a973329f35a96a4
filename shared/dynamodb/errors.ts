export type DynamoDbErrorCode =
  | 'throttled'
  | 'unavailable'
  | 'table-not-found'
  | 'access-denied'
  | 'invalid-request'
  | 'conflict'

/** A call to DynamoDB that failed as a whole. `retryable` says whether the same call may succeed later. */
export class DynamoDbError extends Error {
  readonly code: DynamoDbErrorCode
  readonly source = 'dependency'
  readonly retryable: boolean
  /** The name the service gave the error, where it gave one. */
  readonly serviceError?: string

  constructor(
    code: DynamoDbErrorCode,
    message: string,
    { serviceError, ...options }: ErrorOptions & { serviceError?: string } = {},
  ) {
    super(message, options)
    this.name = 'DynamoDbError'
    this.code = code
    if (serviceError) this.serviceError = serviceError
    this.retryable = code === 'throttled' || code === 'unavailable' || code === 'conflict'
  }
}
