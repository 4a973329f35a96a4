import { keyTypeOf, maxKeyValue } from '../../chunks/order.ts'
import type { KeyValue } from '../../dynamodb/attributes.ts'
import { itemBytes } from '../../dynamodb/item-size.ts'
import { encodeKeyValue, type Key } from '../../dynamodb/key.ts'
import type { Page, Table } from '../../dynamodb/ports.ts'
import { inParallel } from '../../runtime/parallel.ts'

/** Pages read at most: at 1 MB each about 26,000 read units, a few US cents. */
const mostPages = 200
/** Items a page; about what 1 MB of ordinary items holds. */
const pageItems = 1_000
const pagesInFlight = 8

/** A partition key that filled a whole page. */
interface FullPage {
  pk: KeyValue
  /** Mean write units of the items on that page. */
  writeUnitsPerItem: number
}

/** What a sample of the table told. Means are 0 when no item was seen. */
export interface Sample {
  items: number
  pages: number
  bytesPerItem: number
  /** One write unit per started KB of each item. */
  writeUnitsPerItem: number
  /** Every partition key was met; only of those that filled a page may there be more items than were read. */
  complete: boolean
  fullPages: FullPage[]
}

/**
 * Reads the first page of each segment, then the second of each, and so on, 200 pages at most, eventually consistent.
 * So a small table is read to its end, and of a large one the beginnings of its segments: a heavy key further on stays
 * unseen until the run meets it.
 * @param jump whether the table takes start keys that do not exist, as preflight probes: then a key that fills a page is
 *   jumped over, else its segment is left there.
 * @throws DynamoDbError as the table does.
 */
export async function sampleTable(table: Table, totalSegments: number, jump: boolean): Promise<Sample> {
  const first = Math.min(mostPages, totalSegments)
  let open: { segment: number; after?: Key }[] = Array.from({ length: first }, (_, i) => ({
    segment: Math.floor((i * totalSegments) / first),
  }))
  const pages: Measured[] = []
  let complete = first === totalSegments
  while (open.length > 0 && pages.length < mostPages) {
    const round = open.slice(0, mostPages - pages.length)
    const read = await inParallel(pagesInFlight, round, async ({ segment, after }) => {
      const from = { segment, totalSegments, ...(after && { after }) }
      return { segment, ...measure(await table.scan({ ...from, limit: pageItems, consistent: false })) }
    })
    pages.push(...read)
    const going = read.flatMap(({ segment, next, full }) => {
      const after = full && next?.sk ? { pk: full.pk, sk: maxKeyValue(keyTypeOf(next.sk)) } : next
      return after && (jump || !full) ? [{ segment, after }] : []
    })
    if (!jump && read.some(({ full }) => full)) complete = false
    open = [...open.slice(round.length), ...going]
  }
  const total = (what: 'items' | 'bytes' | 'writeUnits') => pages.reduce((sum, page) => sum + page[what], 0)
  const items = total('items')
  return {
    items,
    pages: pages.length,
    bytesPerItem: items === 0 ? 0 : total('bytes') / items,
    writeUnitsPerItem: items === 0 ? 0 : total('writeUnits') / items,
    complete: complete && open.length === 0,
    fullPages: pages.flatMap(({ full }) => full ?? []),
  }
}

interface Measured {
  items: number
  bytes: number
  writeUnits: number
  next?: Key
  full?: FullPage
}

/** Reduces a page at once, so that 200 pages are never held. */
function measure({ items, next }: Page): Measured {
  const sizes = items.map((item) => itemBytes(item.attributes()))
  const bytes = sizes.reduce((sum, size) => sum + size, 0)
  const writeUnits = sizes.reduce((sum, size) => sum + writeUnitsOf(size), 0)
  const keys = new Set(items.map(({ key }) => encodeKeyValue(key.pk)))
  const [first] = items
  const full = next?.sk &&
    first &&
    keys.size === 1 && { pk: first.key.pk, writeUnitsPerItem: writeUnits / items.length }
  return { items: items.length, bytes, writeUnits, ...(next && { next }), ...(full && { full }) }
}

/** Source: DynamoDB developer guide, "Read/write capacity": one unit for each started KB. */
function writeUnitsOf(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / 1024))
}
