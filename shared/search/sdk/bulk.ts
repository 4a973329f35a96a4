import type { Client } from '@opensearch-project/opensearch'
import type { Write, WriteResult } from '../ports.ts'
import { call, malformed } from './call.ts'
import { serviceTimeout } from './client.ts'
import { heldVersion, meaningOf, type ServiceError, shownReason } from './errors.ts'

interface Item {
  status: number
  error?: ServiceError
}

/** Only what is read below: without it, a response of 1,000 documents has 200 KB. */
const fields = ['status', 'error.type', 'error.reason', 'error.caused_by'].map((name) => `items.*.${name}`).join()

/** Sends one bulk request. */
export async function sendBulk(client: Client, writes: readonly Write[]): Promise<WriteResult[]> {
  if (writes.length === 0) return []
  const action = 'Writing documents'
  const { items } = await call<{ items?: Record<string, Item>[] }>(
    client,
    action,
    {
      method: 'POST',
      path: '/_bulk',
      query: { require_alias: true, timeout: serviceTimeout, filter_path: fields },
      lines: writes.map(lines).join(''),
    },
    false,
  )
  if (items?.length !== writes.length)
    throw malformed(action, `it has ${items?.length ?? 'no'} results for ${writes.length} writes`)
  return writes.map(({ op }, index) => {
    const item = items[index]?.[op]
    if (typeof item?.status !== 'number') throw malformed(action, `a result of \`${op}\` has no status`)
    return resultOf(item)
  })
}

function lines(write: Write): string {
  const { op, alias: _index, id: _id, routing, version } = write
  const head = JSON.stringify({ [op]: { _index, _id, routing, version, version_type: 'external' } })
  return op === 'delete' ? `${head}\n` : `${head}\n${oneLine(write.json)}\n`
}

/** A line break would make the rest of the document the next write. */
function oneLine(json: string): string {
  if (/[\n\r]/.test(json)) throw new TypeError('Expected the JSON of a document on one line')
  return json
}

function resultOf({ status, error }: Item): WriteResult {
  // The status of a delete that met nothing is 404, without an error.
  if (!error) return { kind: 'done' }
  const kind = meaningOf(error, status)
  if (kind !== 'conflict') return { kind, reason: shownReason(error) }
  const holds = heldVersion(error)
  return holds === undefined ? { kind } : { kind, holds }
}
