import type { Client } from '@opensearch-project/opensearch'
import { SearchError } from '../errors.ts'
import { searchError } from './errors.ts'

export interface Request {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  path: string
  query?: Record<string, string | number | boolean>
  body?: object
  /** Lines of JSON, each with its line break. */
  lines?: string
  /** A status of an error whose body is an answer all the same. */
  expects?: number
}

/**
 * Sends one request and returns the JSON of its response.
 * @param action for messages: `Creating the index cases-1`.
 * @param quote whether the service's own words may be shown: only where no document is in the request or the response.
 * @throws SearchError
 */
export async function call<T extends object>(
  client: Client,
  action: string,
  { method, path, query, body, lines, expects }: Request,
  quote = true,
): Promise<T> {
  let answer: unknown
  try {
    const response = await client.transport.request(
      {
        method,
        path,
        ...(query && { querystring: query }),
        ...(body && { body }),
        ...(lines !== undefined && { bulkBody: lines }),
      },
      expects === undefined ? {} : { ignore: [expects] },
    )
    answer = response.body
  } catch (error) {
    throw searchError(action, error, quote)
  }
  if (typeof answer !== 'object' || answer === null) throw malformed(action, 'it is no JSON')
  return answer as T
}

export function malformed(action: string, problem: string): SearchError {
  return new SearchError('search-malformed-answer', `${action} failed: the response is none of OpenSearch, ${problem}`)
}

/** The path of an index or alias. Wildcards and lists would reach other indices. */
export function pathOf(index: string, ...more: string[]): string {
  if (!/^[^\s,*?"<>|\\/#]+$/.test(index) || /^[-+_]/.test(index))
    throw new SearchError('search-invalid-request', `Expected the name of an index or an alias, got \`${index}\``)
  return `/${[index, ...more].map(encodeURIComponent).join('/')}`
}
