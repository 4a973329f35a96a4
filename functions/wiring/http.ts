import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { NodeHttpHandler } from '@smithy/node-http-handler'

/** Time limits, ms: to connect, and for a connection on which no data arrives. */
export interface Patience {
  connectMs: number
  responseMs: number
}

/** DynamoDB responds within milliseconds, so a connection without data for seconds is dead. */
const patience: Patience = { connectMs: 2_000, responseMs: 10_000 }

/**
 * Sends the requests of every SDK client. A request without a response in time fails with a TimeoutError, which counts as
 * `unavailable` and is retried. Otherwise a dead connection could take the function's whole time.
 */
export function httpHandler({ connectMs, responseMs }: Patience = patience): NodeHttpHandler {
  const connections = { keepAlive: true, maxSockets: 64 }
  return new NodeHttpHandler({
    httpAgent: new HttpAgent(connections),
    httpsAgent: new HttpsAgent(connections),
    connectionTimeout: connectMs,
    // Without throwOnRequestTimeout the SDK only logs a slow request and keeps waiting.
    requestTimeout: responseMs,
    throwOnRequestTimeout: true,
    // requestTimeout ends with the headers of the response.
    socketTimeout: responseMs,
  })
}
