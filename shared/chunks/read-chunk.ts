import type { Key } from '../dynamodb/key.ts'
import type { Page, Table } from '../dynamodb/ports.ts'
import type { Chunk } from './chunk.ts'
import { compareKeyValues } from './order.ts'

/**
 * Reads one page of a chunk: from `after` (a cursor of this chunk, exclusive), or from the chunk's own start. A page
 * without `next` is the chunk's last.
 * @param limit most items in the page.
 * @throws DynamoDbError as the table does.
 */
export async function readChunk(
  table: Pick<Table, 'scan' | 'query'>,
  chunk: Chunk,
  after: Key | undefined,
  limit: number,
  consistent: boolean,
): Promise<Page> {
  switch (chunk.kind) {
    case 'segment': {
      const { segment, totalSegments } = chunk
      const start = after ?? chunk.after
      return table.scan({ segment, totalSegments, ...(start && { after: start }), limit, consistent })
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
