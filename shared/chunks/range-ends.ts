import type { KeyValue } from '../dynamodb/attributes.ts'
import type { Page, QueryRequest, Table } from '../dynamodb/ports.ts'
import { compareKeyValues } from './order.ts'

/**
 * Reads both ends of `(after, upTo]`. Returns runs of adjacent sort keys: none, one that covers the range, or one from
 * each end with unread keys between.
 */
export type ReadEnds = (after: KeyValue | undefined, upTo: KeyValue | undefined) => Promise<KeyValue[][]>

/**
 * Reads up to `limit` items from each end of `(after, upTo]` of one partition key; a page may bring fewer.
 * @throws DynamoDbError as the table does.
 */
export async function readBothEnds(
  table: Pick<Table, 'query'>,
  pk: KeyValue,
  after: KeyValue | undefined,
  upTo: KeyValue | undefined,
  limit: number,
): Promise<KeyValue[][]> {
  const head = await table.query(request(pk, after, upTo, limit))
  const reached = head.next?.sk
  const heads = sortKeys(head)
  if (heads.length === 0) return []
  if (!reached || (upTo && compareKeyValues(reached, upTo) >= 0)) return [heads]

  const tail = await table.query({ ...request(pk, reached, upTo, limit), reverse: true })
  const tails = sortKeys(tail).reverse()
  return tail.next && tails.length > 0 ? [heads, tails] : [[...heads, ...tails]]
}

function request(pk: KeyValue, after: KeyValue | undefined, upTo: KeyValue | undefined, limit: number): QueryRequest {
  return { pk, ...(after && { after }), ...(upTo && { upTo }), limit, consistent: false }
}

function sortKeys(page: Page): KeyValue[] {
  return page.items.map((item) => item.key.sk!)
}
