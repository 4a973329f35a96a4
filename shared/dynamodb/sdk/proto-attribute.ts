import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams'

/** No attribute has an empty name, so it can stand in for another. */
const standIn = ''

/**
 * Makes a client read attributes named `__proto__`, whose value the SDK (3.1162) answers as `undefined` and then leaves
 * out where the item is written: they pass through it under another name. Doing it again to one client is harmless.
 */
export function readProtoNames(client: DynamoDBClient | DynamoDBStreamsClient): void {
  const { middlewareStack, config } = client as DynamoDBClient
  const renamed = new WeakSet<object>()
  // Next to the wire: before the SDK looks at an answer.
  middlewareStack.add(
    (next) => async (request) => {
      const answer = await next(request)
      const response = answer.response as { body: Parameters<typeof config.streamCollector>[0] | Uint8Array }
      const bytes = Buffer.from(await config.streamCollector(response.body as never))
      const found = bytes.includes('"__proto__"')
      if (found) renamed.add(response)
      response.body = found ? Buffer.from(rename(bytes.toString())) : bytes
      return answer
    },
    { step: 'deserialize', priority: 'low', name: 'renameProtoNames', override: true },
  )
  middlewareStack.add(
    (next) => async (request) => {
      const answer = await next(request)
      if (renamed.has(answer.response as object)) restore(answer.output)
      return answer
    },
    { step: 'initialize', name: 'restoreProtoNames', override: true },
  )
}

/** Names only: in a text every quote has a backslash before it. */
function rename(json: string): string {
  return json.replace(/(?<=[{,]\s*)"__proto__"(?=\s*:)/g, JSON.stringify(standIn))
}

function restore(value: unknown): void {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return
  for (const each of Object.values(value)) restore(each)
  if (!Object.hasOwn(value, standIn)) return
  const { [standIn]: attribute } = value as { [standIn]?: unknown }
  delete (value as { [standIn]?: unknown })[standIn]
  // An assignment would set what the object inherits from.
  const property = { value: attribute, enumerable: true, writable: true, configurable: true }
  Object.defineProperty(value, '__proto__', property)
}
