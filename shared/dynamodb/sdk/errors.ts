import { DynamoDbError, type DynamoDbErrorCode } from '../errors.ts'

/** The parts of an SDK error that are read: service exceptions carry `$metadata`, network errors a Node `code`. */
interface SdkError {
  name?: string
  message?: string
  code?: string
  $fault?: 'client' | 'server'
  $metadata?: { httpStatusCode?: number; requestId?: string }
}

/**
 * Service error names and their codes here. The per-item codes of BatchExecuteStatement and TransactWriteItems are the
 * same words without `Exception`. Source: "Error handling with DynamoDB" and "Common errors", API reference.
 */
const CODES: Record<string, DynamoDbErrorCode> = {
  ProvisionedThroughputExceeded: 'throttled',
  Throttling: 'throttled',
  ThrottlingError: 'throttled',
  RequestLimitExceeded: 'throttled',
  LimitExceeded: 'throttled',
  TooManyRequests: 'throttled',
  TransactionConflict: 'conflict',
  TransactionInProgress: 'conflict',
  ReplicatedWriteConflict: 'conflict',
  InternalServerError: 'unavailable',
  InternalFailure: 'unavailable',
  ServiceUnavailable: 'unavailable',
  TimeoutError: 'unavailable',
  RequestTimeout: 'unavailable',
  ResourceNotFound: 'table-not-found',
  TableNotFound: 'table-not-found',
  AccessDenied: 'access-denied',
  UnrecognizedClient: 'access-denied',
  InvalidClientTokenId: 'access-denied',
  InvalidSignature: 'access-denied',
  SignatureDoesNotMatch: 'access-denied',
  IncompleteSignature: 'access-denied',
  MissingAuthenticationToken: 'access-denied',
  ExpiredToken: 'access-denied',
  CredentialsProviderError: 'access-denied',
}

/** Node's codes for a connection that failed or broke. */
export const NETWORK = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
])

/** The code for an exception name or for the code of one item's error. An unknown name is an invalid request. */
export function errorCode(name: string): DynamoDbErrorCode {
  return CODES[name] ?? CODES[name.replace(/Exception$/, '')] ?? 'invalid-request'
}

/**
 * The failure as a {@link DynamoDbError}. An error from neither the service nor the network is a defect of the program
 * and is returned unchanged.
 * @param action The IAM action the call needs, such as `PartiQLInsert`.
 */
export function dynamoDbError(action: string, table: string, error: unknown): unknown {
  const { name = '', message = '', code, $fault, $metadata } = error as SdkError
  const status = $metadata?.httpStatusCode ?? 0
  const request = $metadata?.requestId ? ` (request ${$metadata.requestId})` : ''
  const failure = (kind: DynamoDbErrorCode) =>
    failed(kind, action, table, `${code ?? name}: ${message}${request}`, name)
  if (name in CODES || name.replace(/Exception$/, '') in CODES) return failure(errorCode(name))
  if (status >= 500 || (code && NETWORK.has(code))) return failure('unavailable')
  if (status === 429) return failure('throttled')
  return $fault ? failure('invalid-request') : error
}

/**
 * A failure with its advice. The SDK's error is not kept as `cause`, and a value quoted by the service is cut off: both
 * can carry item contents.
 */
export function failed(
  code: DynamoDbErrorCode,
  action: string,
  table: string,
  detail: string,
  serviceError = '',
): DynamoDbError {
  const safe = detail.replace(/((?:numeric value|value provided|AttributeValue)\s*:\s*).*/s, '$1…')
  const message = `${action} on the table ${table} failed, ${safe}. ${advice(code, action)}`
  const refusal = isValidation(serviceError) ? { refusal: shownRefusal(detail) } : {}
  return new DynamoDbError(code, message, { serviceError, ...refusal })
}

/** The code of a whole call, or of a statement or an action of a transaction. No other code concerns an item. */
function isValidation(serviceError: string): boolean {
  return serviceError === 'ValidationException' || serviceError === 'ValidationError'
}

/**
 * The reason without values, so that it is equal for all items: values stand in brackets, in quotes or after a colon.
 */
function shownRefusal(detail: string): string {
  const [, message = ''] = /^\w+: (.*?)(?: \(request [\w-]+\))?$/s.exec(detail) ?? []
  const free = message
    .replace(/((?:numeric value|value provided|AttributeValue)\s*:\s*).*/s, '$1…')
    .replace(/\[.*\]/s, '[…]')
    .replace(/"[^"]*"/g, '"…"')
  return free.slice(0, 300) || 'no reason was given'
}

function advice(code: DynamoDbErrorCode, action: string): string {
  switch (code) {
    case 'throttled':
      return 'The table or the account has no capacity left at the moment; try again later, or raise the capacity.'
    case 'unavailable':
      return 'DynamoDB did not respond; try again, and check the network path to its endpoint if this lasts.'
    case 'conflict':
      return 'Another transaction was writing the same items; try again.'
    case 'table-not-found':
      return 'Check the name of the table, the region and the account; a new table must be ACTIVE first.'
    case 'access-denied':
      return `Check that the credentials are valid and allow dynamodb:${action} on the table, and the use of its KMS key.`
    case 'malformed-answer':
      return 'The service gave a response that its API does not have; report it.'
    case 'invalid-request':
      return 'The same request will fail again; check the items against the key schema and the limits of DynamoDB.'
  }
}

/** Runs one SDK call and turns its errors into the engine's own. */
export async function calling<T>(action: string, table: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    throw dynamoDbError(action, table, error)
  }
}
