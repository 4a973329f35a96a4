import { SearchError, type SearchErrorCode } from '../errors.ts'
import type { WriteFailure } from '../ports.ts'

/** The error of a response or of one item, as OpenSearch writes it. */
export interface ServiceError {
  type?: string
  reason?: string
  caused_by?: ServiceError
}

/** What an error means: a failure, or a result that only a single write has. */
export type Meaning = WriteFailure | 'conflict' | 'rejected'

/**
 * The meaning of an error, by its type. Types say more than statuses: 429 is both pressure and the block of a full disk,
 * 403 a missing permission and a block. Seen with OpenSearch 2.19.6.
 */
const meanings: Readonly<Record<string, Meaning>> = {
  version_conflict_engine_exception: 'conflict',
  mapper_parsing_exception: 'rejected',
  routing_missing_exception: 'rejected',
  strict_dynamic_mapping_exception: 'rejected',
  max_bytes_length_exceeded_exception: 'rejected',
  rejected_execution_exception: 'pressure',
  circuit_breaking_exception: 'pressure',
  cluster_block_exception: 'blocked',
  index_closed_exception: 'blocked',
  index_not_found_exception: 'not-found',
  aliases_not_found_exception: 'not-found',
  security_exception: 'access-denied',
  unavailable_shards_exception: 'unavailable',
  no_shard_available_action_exception: 'unavailable',
}

/** An `illegal_argument_exception` may concern one document, or the request. These concern the document. */
const aboutDocument =
  /immense term|Limit of (?:total fields|mapping depth)|nested documents|cannot be changed from type/

/** @param status of the response, or of the item. */
export function meaningOf({ type = '', reason = '' }: ServiceError, status: number): Meaning {
  const known = meanings[type]
  if (known) return known
  if (type === 'illegal_argument_exception') {
    if (aboutDocument.test(reason)) return 'rejected'
    if (reason.startsWith('no write index')) return 'not-found'
  }
  if (status === 401 || status === 403) return 'access-denied'
  if (status === 404) return 'not-found'
  if (status === 413) return 'too-large'
  if (status === 429) return 'pressure'
  return status >= 500 ? 'unavailable' : 'invalid-request'
}

/** The version that the index holds, of a document or of a delete that it remembers. No field of the error has it. */
export function heldVersion({ reason = '' }: ServiceError): number | undefined {
  const [, digits] = /current version \[(\d+)\]/.exec(reason) ?? []
  return digits === undefined ? undefined : Number(digits)
}

/**
 * A reason without contents of documents, equal for all documents with one fault: the type, the field if its name looks
 * like one, its type in the mapping, and the cause. What OpenSearch says quotes values and ids.
 */
export function shownReason({ type = 'no type', reason = '', caused_by: cause }: ServiceError): string {
  if (type === 'cluster_block_exception' || type === 'index_closed_exception') return `${type}: ${reason}`
  const [, name] =
    /\bfield(?:=| )[["]([^\]"]+)[\]"]/.exec(`${reason} ${cause?.reason ?? ''}`) ??
    /dynamic introduction of \[([^\]]+)\]/.exec(reason) ??
    []
  const [, mapped] = /of type \[([a-z_0-9]+)\]/.exec(reason) ?? []
  const field = name && /^[A-Za-z_$][\w$]{0,63}(?:\.[A-Za-z_$][\w$]{0,63})*$/.test(name) ? ` at \`${name}\`` : ''
  return `${type}${field}${mapped ? ` (${mapped})` : ''}${cause?.type ? `: ${cause.type}` : ''}`
}

/** The parts that are read of an error of the client. */
interface ClientError {
  name?: string
  message?: string
  meta?: { statusCode?: number | null; body?: unknown }
}

/**
 * A failed call as a {@link SearchError}. The client's error is not kept as `cause`: it holds the request. An error from
 * neither the service nor the network is a defect of the program and is returned unchanged.
 * @param quote whether the service's own words may be shown: they hold names and settings, and no document.
 */
export function searchError(action: string, error: unknown, quote: boolean): unknown {
  const { name, message = '', meta } = error as ClientError
  const fail = (code: SearchErrorCode, detail: string, serviceError?: string) =>
    new SearchError(code, `${action} failed, ${detail}`, serviceError)
  switch (name) {
    case 'ConnectionError':
      // A connection that breaks before it is secure may be secure next time: Node's text of that names TLS, too.
      return /certificate|altname|EPROTO|SSL routines/i.test(message)
        ? fail('search-endpoint', `its connection is not secure: ${message}`)
        : fail('search-unavailable', message)
    case 'TimeoutError':
    case 'NoLivingConnectionsError':
    case 'RequestAbortedError':
      return fail('search-unavailable', message)
    case 'DeserializationError':
      return fail('search-malformed-answer', 'its response is no JSON')
    case 'AwsSigv4SignerError':
    case 'CredentialsProviderError':
      return fail('search-access-denied', `there are no credentials: ${message}`)
    case 'ResponseError': {
      const status = meta?.statusCode ?? 0
      const given = errorOf(meta?.body)
      const meaning = meaningOf(given, status)
      const words = quote ? [given.type, given.reason].filter(Boolean).join(': ') : given.type && shownReason(given)
      const code = meaning === 'conflict' || meaning === 'rejected' ? 'invalid-request' : meaning
      return fail(`search-${code}`, `${status}${words ? ` ${words}` : ''}`, given.type)
    }
    default:
      return error
  }
}

/** A proxy in front of the service sends other bodies, such as `{ Message }`, a page, or nothing. */
function errorOf(body: unknown): ServiceError {
  const error = (body as { error?: unknown } | null | undefined)?.error
  return typeof error === 'object' && error !== null ? error : {}
}
