import { Client } from '@opensearch-project/opensearch'
import { AwsSigv4Signer } from '@opensearch-project/opensearch/aws-v3'
import { SearchError } from '../errors.ts'

/** Returns credentials, refreshed before they expire, as the clients of the AWS SDK keep them in `config.credentials`. */
export type Credentials = () => Promise<{ accessKeyId: string; secretAccessKey: string; sessionToken?: string }>

/** A connection on which nothing arrives for so long is dead. What the service is asked to do has to end before. */
const responseMs = 30_000

/** How long the service itself may wait: for a shard that takes a write, and for its cluster manager. */
export const serviceTimeout = '20s'

/** Connections to the endpoint, kept open: bulks in flight, and reads beside them. */
const connections = { keepAlive: true, keepAliveMsecs: 1_000, maxSockets: 32, maxFreeSockets: 32 }

/**
 * A client of the cluster at an endpoint, without retries of its own. Requests to a managed domain (`….es.amazonaws.com`,
 * `….es.REGION.on.aws`) are signed with the credentials; user and password in the URL become basic authentication;
 * anything else is plain.
 * @throws SearchError `search-endpoint` where the endpoint cannot be used.
 */
export function searchClient(endpoint: string, credentials?: Credentials): Client {
  const url = readEndpoint(endpoint)
  const region = regionOf(url.hostname)
  return new Client({
    node: url.href.replace(/\/$/, ''),
    maxRetries: 0,
    requestTimeout: responseMs,
    // A dead connection is used again by the next call. The default would send a ping of its own first.
    resurrectStrategy: 'none',
    agent: connections,
    // A document may have any field, `__proto__` and `constructor` too.
    disablePrototypePoisoningProtection: true,
    ...(region && credentials && AwsSigv4Signer({ region, service: 'es', getCredentials: credentials })),
  })
}

function readEndpoint(endpoint: string): URL {
  const refuse = (problem: string) =>
    new SearchError('search-endpoint', `The search endpoint cannot be used: ${problem}`)
  if (!URL.canParse(endpoint)) throw refuse(`expected a URL such as https://search-….es.amazonaws.com`)
  const url = new URL(endpoint)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw refuse(`expected http or https, got ${url.protocol}`)
  if (url.search || url.hash) throw refuse('expected a URL without a query')
  if (/(^|\.)aoss\./.test(url.hostname))
    throw refuse(
      `${url.hostname} is a serverless collection, which has no refresh, no health and none of the settings that a build changes. Use a managed domain.`,
    )
  return url
}

/** The region of a managed domain; `undefined` for any other host, where nothing is signed. */
function regionOf(host: string): string | undefined {
  const [, classic, dual] = /\.([a-z0-9-]+)\.es\.amazonaws\.com(?:\.cn)?$|\.es\.([a-z0-9-]+)\.on\.aws$/.exec(host) ?? []
  return classic ?? dual
}
