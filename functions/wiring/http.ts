import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { NodeHttpHandler } from '@smithy/node-http-handler'

/** Milliseconds until a connection must stand, and without a sign of an answer. */
export interface Patience {
  connectMs: number
  answerMs: number
}

/** DynamoDB answers within milliseconds: what takes seconds is on a connection that leads nowhere any more. */
const patience: Patience = { connectMs: 2_000, answerMs: 10_000 }

/**
 * Makes the requests of every SDK client. One that is not answered in time fails with a TimeoutError, which counts as
 * `unavailable` and is retried: on a connection that was cut without a word it would otherwise take the function's whole
 * time.
 */
export function httpHandler({ connectMs, answerMs }: Patience = patience): NodeHttpHandler {
  const connections = { keepAlive: true, maxSockets: 64 }
  return new NodeHttpHandler({
    httpAgent: new HttpAgent(connections),
    httpsAgent: new HttpsAgent(connections),
    connectionTimeout: connectMs,
    // Without the second line the SDK only logs that a request takes too long, and goes on waiting.
    requestTimeout: answerMs,
    throwOnRequestTimeout: true,
    // The request's own limit ends with the answer's headers.
    socketTimeout: answerMs,
  })
}
