import { encodeKeyValue, type Key } from '../dynamodb/key.ts'
import type { Page, Table } from '../dynamodb/ports.ts'
import type { Chunk } from './chunk.ts'
import { compareKeyValues, keyTypeOf, maxKeyValue } from './order.ts'

/**
 * Reads one page of a chunk: from `after` (a cursor of this chunk, exclusive), or from the chunk's own start. A page
 * without `next` is the chunk's last.
 * @param limit most items in the page.
 * @param wholeKeys encoded partition keys that have chunks of their own: a segment jumps over them.
 * @throws DynamoDbError as the table does.
 */
export async function readChunk(
  table: Pick<Table, 'scan' | 'query'>,
  chunk: Chunk,
  after: Key | undefined,
  limit: number,
  consistent: boolean,
  wholeKeys: ReadonlySet<string> = new Set(),
): Promise<Page> {
  switch (chunk.kind) {
    case 'segment': {
      const { segment, totalSegments } = chunk
      const start = after ?? chunk.after
      const page = await table.scan({ segment, totalSegments, ...(start && { after: start }), limit, consistent })
      return wholeKeys.size === 0 ? page : without(wholeKeys, page)
    }
    case 'range': {
      const { pk, upTo } = chunk
      const start = after?.sk ?? chunk.after
      // A cursor may be at the end of the range, and DynamoDB refuses an empty range.
      if (start && upTo && compareKeyValues(start, upTo) >= 0) return { items: [] }
      return table.query({ pk, ...(start && { after: start }), ...(upTo && { upTo }), limit, consistent })
    }
  }
}

/** The page without the items of these keys. If it ends within one, the next page begins behind that key. */
function without(keys: ReadonlySet<string>, { items, next }: Page): Page {
  const others = items.filter(({ key }) => !keys.has(encodeKeyValue(key.pk)))
  if (!next) return { items: others }
  const isWithin = next.sk !== undefined && keys.has(encodeKeyValue(next.pk))
  return { items: others, next: isWithin ? { pk: next.pk, sk: maxKeyValue(keyTypeOf(next.sk!)) } : next }
}
