import { DynamoDbError } from '../../shared/dynamodb/errors.ts'

/** What the service answers with a ValidationException. */
export function invalid(expected: string, got: string): DynamoDbError {
  const refusal = `Expected ${expected}, got ${got}`
  return new DynamoDbError('invalid-request', refusal, { serviceError: 'ValidationException', refusal })
}
