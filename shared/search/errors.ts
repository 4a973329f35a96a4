import { type ErrorTable, SegueError } from '../runtime/error.ts'

export type SearchErrorCode =
  | 'search-pressure'
  | 'search-too-large'
  | 'search-blocked'
  | 'search-not-found'
  | 'search-access-denied'
  | 'search-unavailable'
  | 'search-invalid-request'
  | 'search-malformed-answer'
  | 'search-endpoint'

export const searchErrors: ErrorTable<SearchErrorCode> = {
  'search-pressure': {
    means: 'OpenSearch has too much to do at the moment.',
    next: 'Calls are retried with backoff. If it lasts, give the cluster more memory, or lower `concurrency`.',
    retryable: true,
  },
  'search-too-large': {
    means: 'The request is larger than the domain takes.',
    next: 'Bulks are cut in halves. A document that is too large alone is quarantined; make it smaller.',
  },
  'search-blocked': {
    means: 'The index takes no writes. The message names the block.',
    next: 'Calls are retried with backoff. If it lasts, free disk space (flood stage), or lift the block.',
    retryable: true,
  },
  'search-not-found': {
    means: 'There is no such index or alias.',
    next: 'Check the endpoint, and who deletes indices there. A build begins a new index when its index is gone.',
  },
  'search-access-denied': {
    means: 'The credentials are not valid, or do not allow the call.',
    next: 'Check the credentials, the access policy of the domain, and the mapping of roles where it has fine-grained access control.',
  },
  'search-unavailable': {
    means: 'OpenSearch did not respond, or failed on its side.',
    next: 'Calls are retried with backoff. If it lasts, check the network path to the endpoint and the health of the cluster.',
    retryable: true,
  },
  'search-invalid-request': {
    means: 'OpenSearch does not accept the request, and will not accept it later.',
    next: 'Check settings and mappings of the definition that the message names.',
  },
  'search-malformed-answer': {
    means: 'The response is none that OpenSearch would give. Continuing with it would skip documents.',
    next: 'Check that the endpoint is that of an OpenSearch domain, without a path, and what stands between.',
  },
  'search-endpoint': {
    means: 'The endpoint cannot be used.',
    next: 'Name the endpoint of an OpenSearch domain, such as `https://search-….es.amazonaws.com`.',
  },
}

/** A call to OpenSearch that failed as a whole. `retryable` says whether the same call may succeed later. */
export class SearchError extends SegueError {
  static override readonly kind = 'SearchError'
  declare readonly code: SearchErrorCode
  /** The type the service gave the error, where it gave one. */
  readonly serviceError?: string

  constructor(code: SearchErrorCode, message: string, serviceError?: string) {
    super(code, message, { source: 'dependency', ...searchErrors[code] })
    if (serviceError) this.serviceError = serviceError
  }
}
