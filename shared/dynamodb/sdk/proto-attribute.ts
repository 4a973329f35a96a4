import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams'

/** Stands in for `__proto__`: no attribute has an empty name. */
const standIn = ''

/**
 * Makes a client read attributes named `__proto__`. The SDK (3.1162) returns their value as `undefined` and then omits
 * them when the item is written, so they pass through it under another name. Calling it twice for one client is
 * harmless.
 */
export function readProtoAttributes(client: DynamoDBClient | DynamoDBStreamsClient): void {
  const { middlewareStack, config } = client as DynamoDBClient
  const renamed = new WeakSet<object>()
  // Next to the wire, before the SDK parses the response.
  middlewareStack.add(
    (next) => async (request) => {
      const result = await next(request)
      const response = result.response as { body: Parameters<typeof config.streamCollector>[0] | Uint8Array }
      const bytes = Buffer.from(await config.streamCollector(response.body as never))
      const found = bytes.includes('"__proto__"')
      if (found) renamed.add(response)
      response.body = found ? Buffer.from(rename(bytes.toString())) : bytes
      return result
    },
    { step: 'deserialize', priority: 'low', name: 'renameProtoNames', override: true },
  )
  middlewareStack.add(
    (next) => async (request) => {
      const result = await next(request)
      if (renamed.has(result.response as object)) restore(result.output)
      return result
    },
    { step: 'initialize', name: 'restoreProtoNames', override: true },
  )
}

/** Renames attributes only: inside a string every quote has a backslash before it. */
function rename(json: string): string {
  return json.replace(/(?<=[{,]\s*)"__proto__"(?=\s*:)/g, JSON.stringify(standIn))
}

function restore(value: unknown): void {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return
  for (const each of Object.values(value)) restore(each)
  if (!Object.hasOwn(value, standIn)) return
  const { [standIn]: attribute } = value as { [standIn]?: unknown }
  delete (value as { [standIn]?: unknown })[standIn]
  // An assignment would set the prototype.
  const property = { value: attribute, enumerable: true, writable: true, configurable: true }
  Object.defineProperty(value, '__proto__', property)
}
