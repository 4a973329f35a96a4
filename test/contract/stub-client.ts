import { Readable } from 'node:stream'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'

/** What the stub answers: a body, an error of the service by its name, or an error of the network. */
export type Answer =
  | { body: object }
  | { status: number; type: string; message?: string; more?: object }
  | { network: string }

export interface StubRequest {
  operation: string
  // biome-ignore lint/suspicious/noExplicitAny: requests are looked into freely.
  body: any
}

/** A real client whose wire ends here: the faults that DynamoDB Local never shows. */
export function stubClient(answer: (request: StubRequest) => Answer | Promise<Answer>): DynamoDBClient {
  return new DynamoDBClient({
    endpoint: 'http://127.0.0.1:1',
    region: 'us-east-1',
    credentials: { accessKeyId: 'stub', secretAccessKey: 'stub' },
    maxAttempts: 1,
    requestHandler: {
      handle: async (request: { headers: Record<string, string>; body?: string | Uint8Array }) => {
        const operation = request.headers['x-amz-target']?.split('.')[1] ?? ''
        const text = typeof request.body === 'string' ? request.body : new TextDecoder().decode(request.body)
        const given = await answer({ operation, body: JSON.parse(text) })
        if ('network' in given) throw Object.assign(new Error('the connection broke'), { code: given.network })
        const body =
          'body' in given ? given.body : { __type: `aws#${given.type}`, message: given.message, ...given.more }
        const headers = { 'content-type': 'application/x-amz-json-1.0', 'x-amzn-requestid': 'REQUEST' }
        const statusCode = 'body' in given ? 200 : given.status
        return { response: { statusCode, headers, body: Readable.from([JSON.stringify(body)]) } }
      },
    },
  })
}
