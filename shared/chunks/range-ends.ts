import type { KeyValue } from '../dynamodb/attributes.ts'
import type { Table } from '../dynamodb/ports.ts'
import { compareKeyValues } from './order.ts'

/**
 * Reads up to `limit` adjacent keys at one end of `(after, upTo]`, ascending; a missing end is open. `more`: not the
 * whole range was read.
 */
export type ReadSide = (
  after: KeyValue | undefined,
  upTo: KeyValue | undefined,
  limit: number,
  side: 'start' | 'end',
) => Promise<{ keys: KeyValue[]; more: boolean }>

/** Reads sides of ranges of one partition key, eventually consistent. @throws DynamoDbError as the table does. */
export function sidesOf(table: Pick<Table, 'query'>, pk: KeyValue): ReadSide {
  return async (after, upTo, limit, side) => {
    const reverse = side === 'end'
    const range = { pk, ...(after && { after }), ...(upTo && { upTo }) }
    const { items, next } = await table.query({ ...range, limit, consistent: false, ...(reverse && { reverse }) })
    const keys = items.map(({ key }) => key.sk!)
    if (reverse) return { keys: keys.reverse(), more: next !== undefined }
    // A page that ends with the last key of the range has a `next`, too.
    const reached = next?.sk
    return { keys, more: reached !== undefined && !(upTo && compareKeyValues(reached, upTo) >= 0) }
  }
}

/**
 * Reads up to `limit` items from each end of `(after, upTo]`; a page may bring fewer. Returns runs of adjacent sort
 * keys: none, one that covers the range, or one from each end with unread keys between.
 */
export async function readBothEnds(
  read: ReadSide,
  after: KeyValue | undefined,
  upTo: KeyValue | undefined,
  limit: number,
): Promise<KeyValue[][]> {
  const head = await read(after, upTo, limit, 'start')
  if (head.keys.length === 0) return []
  if (!head.more) return [head.keys]
  const tail = await read(head.keys.at(-1), upTo, limit, 'end')
  return tail.more && tail.keys.length > 0 ? [head.keys, tail.keys] : [[...head.keys, ...tail.keys]]
}
