import type { Client } from '@opensearch-project/opensearch'
import { markField } from '../item-mark.ts'
import type { JsonObject } from '../json.ts'
import type { DocumentId, Stored, WalkPage, WalkRequest } from '../ports.ts'
import { call, malformed, pathOf } from './call.ts'
import { type ServiceError, searchError } from './errors.ts'
import { complete, type Shards } from './indices.ts'

interface Got {
  _id: string
  found?: boolean
  _routing?: string
  _version?: number
  _source?: JsonObject
  error?: ServiceError
}

/** Reads documents as last written. */
export async function getDocuments(
  client: Client,
  index: string,
  documents: readonly DocumentId[],
): Promise<(Stored | undefined)[]> {
  if (documents.length === 0) return []
  const action = `Reading documents of ${index}`
  const { docs } = await call<{ docs?: Got[] }>(
    client,
    action,
    {
      method: 'POST',
      path: pathOf(index, '_mget'),
      query: { realtime: true },
      body: { docs: documents.map(({ id, routing }) => ({ _id: id, ...(routing !== undefined && { routing }) })) },
    },
    false,
  )
  if (docs?.length !== documents.length)
    throw malformed(action, `it has ${docs?.length ?? 'no'} documents for ${documents.length}`)
  return docs.map((got) => {
    if (got.error) throw failedRead(action, got.error)
    return got.found ? stored(action, got) : undefined
  })
}

/** The error of one document of a read, as that of the whole call: each of them concerns the index or its shards. */
function failedRead(action: string, error: ServiceError): unknown {
  const unavailable = error.type?.startsWith('no_shard_available')
  return searchError(
    action,
    { name: 'ResponseError', meta: { statusCode: unavailable ? 503 : 400, body: { error } } },
    false,
  )
}

function stored(action: string, { _id: id, _routing: routing, _version, _source }: Got): Stored {
  if (_version === undefined || _source === undefined) throw malformed(action, 'a document has no version or no source')
  return { id, ...(routing !== undefined && { routing }), version: _version, document: _source }
}

interface Hits extends Shards {
  timed_out?: boolean
  hits?: { total?: { value: number }; hits?: (Got & { sort?: unknown[] })[] }
}

/** A search that fails rather than leaves out what a shard did not return, past any pipeline that filters by default. */
async function search(client: Client, action: string, index: string, body: JsonObject) {
  const query = { allow_partial_search_results: false, preference: '_primary', search_pipeline: '_none' }
  const answer = await call<Hits>(
    client,
    action,
    { method: 'POST', path: pathOf(index, '_search'), query, body: { version: true, ...body } },
    false,
  )
  const hits = answer.hits?.hits
  if (!hits || answer.timed_out !== false) throw malformed(action, 'it is incomplete')
  complete(action, answer, (all) => all)
  return { hits, total: answer.hits?.total?.value }
}

/** The most documents that a search returns. Source: `index.max_result_window`. */
const mostHits = 10_000

const hash = `${markField}.hash`

/**
 * One page of a walk in the order of the hashes. Sorted by a field and continued after a value of it, a walk needs nothing
 * kept in the cluster, as a scroll and a point in time do: it survives a restart, and a slice may continue what another
 * began. A page ends between two hashes, since documents that share one may be any number.
 */
export async function walkPage(client: Client, { index, after, upTo, limit }: WalkRequest): Promise<WalkPage> {
  const action = `Reading documents of ${index} in order`
  // The range alone would return a stray document with two hashes in two pages.
  const range = { ...(after !== undefined && { gt: after }), ...(upTo !== undefined && { lte: upTo }) }
  for (let size = Math.min(limit + 1, mostHits); ; size = Math.min(size * 2, mostHits)) {
    const { hits } = await search(client, action, index, {
      size,
      sort: [{ [hash]: { order: 'asc', unmapped_type: 'long' } }],
      track_total_hits: false,
      ...(after !== undefined && { search_after: [after] }),
      query: Object.keys(range).length > 0 ? { range: { [hash]: range } } : { exists: { field: hash } },
    })
    const documents = hits.map((hit) => stored(action, hit))
    if (hits.length < size) return { documents }
    const hashes = hits.map(({ sort }) => Number(sort?.[0]))
    const whole = hashes.indexOf(hashes.at(-1) as number)
    if (whole > 0) return { documents: documents.slice(0, whole), next: hashes[whole - 1] as number }
    if (size === mostHits) throw malformed(action, `${mostHits} documents have one hash`)
  }
}

/** By a search: a count has the pipeline of the index, and no way past it. */
export async function countDocuments(client: Client, index: string): Promise<number> {
  const action = `Counting documents of ${index}`
  const { total } = await search(client, action, index, { size: 0, track_total_hits: true })
  if (total === undefined) throw malformed(action, 'it has no total')
  return total
}

/** Documents without the mark of an item: how many, and the first of them. */
export async function unmarkedDocuments(client: Client, index: string, limit: number) {
  const action = `Reading documents of ${index} without the mark of an item`
  const { hits, total } = await search(client, action, index, {
    size: Math.min(limit, mostHits),
    track_total_hits: true,
    query: { bool: { must_not: [{ exists: { field: hash } }] } },
  })
  if (total === undefined) throw malformed(action, 'it has no total')
  return { count: total, documents: hits.map((hit) => stored(action, hit)) }
}
