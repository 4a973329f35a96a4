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

  constructor(code: DynamoDbErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'DynamoDbError'
    this.code = code
    this.retryable = code === 'throttled' || code === 'unavailable' || code === 'conflict'
  }
}
