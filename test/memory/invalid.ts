import { DynamoDbError } from '../../shared/dynamodb/errors.ts'

/** What the service answers with a ValidationException. */
export function invalid(expected: string, got: string): DynamoDbError {
  return new DynamoDbError('invalid-request', `Expected ${expected}, got ${got}`)
}
