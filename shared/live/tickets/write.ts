import type { Ask } from '../../runtime/retry.ts'
import { SearchError } from '../../search/errors.ts'
import type { Search, Write, WriteFailure, WriteResult } from '../../search/ports.ts'
import { bytesOf } from '../../search/retrying-bulk.ts'

/** How large bulks are now; smaller after each pressure. */
export interface BulkSize {
  mostBytes: number
}

/**
 * Sends writes, each once, in as many bulks as they take: no bulk holds two writes of one document. What happens to one
 * of them is a result, also where its whole bulk failed. After such a failure that may pass, the rest is not sent.
 * @param size halved where there is too much pressure; a larger document goes alone.
 * @param ask called before each bulk.
 * @throws SearchError where a bulk failed for a reason that is not about its documents and does not pass.
 */
export async function writeOnce(
  writes: readonly Write[],
  search: Pick<Search, 'bulk'>,
  size: BulkSize,
  ask?: Ask,
): Promise<WriteResult[]> {
  const results: WriteResult[] = []
  while (results.length < writes.length) {
    const bulk = firstBulk(writes.slice(results.length), size)
    const sent = await sendBulk(bulk, search, ask)
    const isPressed = Array.isArray(sent) ? sent.some(({ kind }) => kind === 'pressure') : sent.kind === 'pressure'
    if (isPressed) size.mostBytes = Math.max(1, Math.floor(bytesOf(bulk) / 2))
    if (Array.isArray(sent)) results.push(...sent)
    else results.push(...writes.slice(results.length).map(() => sent))
  }
  return results
}

/** The first writes that may share a bulk. */
function firstBulk(writes: readonly Write[], { mostBytes }: BulkSize): Write[] {
  const documents = new Set<string>()
  let bytes = 0
  const end = writes.findIndex((write, i) => {
    const document = JSON.stringify([write.alias, write.id, write.routing])
    const isRepeated = documents.has(document)
    documents.add(document)
    bytes += bytesOf([write])
    return isRepeated || (i > 0 && bytes > mostBytes)
  })
  return writes.slice(0, end < 0 ? writes.length : end)
}

/** @returns one result for each write; one alone if the bulk failed as a whole, in a way that may pass. */
async function sendBulk(
  bulk: Write[],
  search: Pick<Search, 'bulk'>,
  ask?: Ask,
): Promise<WriteResult[] | { kind: WriteFailure; reason: string }> {
  await ask?.()
  try {
    return await search.bulk(bulk)
  } catch (error) {
    if (!SearchError.is(error)) throw error
    const failure = { kind: error.code.slice('search-'.length) as WriteFailure, reason: error.message }
    if (error.retryable) return failure
    if (error.code !== 'search-too-large') throw error
    if (bulk.length === 1) return [failure]
    // Nothing of a bulk that is too large was looked at, so its halves may be sent.
    const half = bulk.length >> 1
    const first = await sendBulk(bulk.slice(0, half), search, ask)
    if (!Array.isArray(first)) return first
    const second = await sendBulk(bulk.slice(half), search, ask)
    return Array.isArray(second) ? [...first, ...second] : [...first, ...bulk.slice(half).map(() => second)]
  }
}
