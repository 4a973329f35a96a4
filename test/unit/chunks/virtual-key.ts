import { compareKeyValues } from '../../../shared/chunks/order.ts'
import type { KeyValue } from '../../../shared/dynamodb/attributes.ts'
import type { Page, QueryRequest, Table } from '../../../shared/dynamodb/ports.ts'

/** One partition key whose `size` sort keys, ascending with their index, are made when looked at: a million cost nothing. */
export interface VirtualKey extends Pick<Table, 'query'> {
  size: number
  keyAt(index: number): KeyValue
  /** How many items have sort keys up to and including this one. */
  countUpTo(sk: KeyValue): number
  /** Items answered so far. */
  itemsRead(): number
}

export const pk: KeyValue = { S: 'section-outbox|docket' }

/** @param pageItems most items a page brings however high its limit, as the 1 MB bound does for large items. */
export function virtualKey(
  size: number,
  keyAt: (index: number) => KeyValue,
  pageItems = Number.POSITIVE_INFINITY,
): VirtualKey {
  let itemsRead = 0
  const countUpTo = (sk: KeyValue) => {
    let low = 0
    let high = size
    while (low < high) {
      const middle = (low + high) >>> 1
      if (compareKeyValues(keyAt(middle), sk) <= 0) low = middle + 1
      else high = middle
    }
    return low
  }
  const query = async ({ after, upTo, limit, reverse }: QueryRequest): Promise<Page> => {
    const start = after ? countUpTo(after) : 0
    const end = upTo ? countUpTo(upTo) : size
    const most = Math.min(limit, pageItems)
    const count = Math.max(0, Math.min(most, end - start))
    itemsRead += count
    const items = Array.from({ length: count }, (_, index) => {
      const key = { pk, sk: keyAt(reverse ? end - 1 - index : start + index) }
      return { key, attributes: () => ({}) }
    })
    // As the service does: a page that reached its limit has a `next` even where nothing follows.
    return count === most ? { items, next: items.at(-1)!.key } : { items }
  }
  return { size, keyAt, countUpTo, query, itemsRead: () => itemsRead }
}

/** The keys given, sorted and distinct, as one partition key. */
export function keyOfValues(values: KeyValue[], pageItems?: number): VirtualKey {
  const sorted = values
    .toSorted(compareKeyValues)
    .filter((value, index, all) => index === 0 || compareKeyValues(value, all[index - 1]!) > 0)
  return virtualKey(sorted.length, (index) => sorted[index]!, pageItems)
}
