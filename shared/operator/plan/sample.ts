import { keyTypeOf, maxKeyValue } from '../../chunks/order.ts'
import type { Key } from '../../dynamodb/key.ts'
import type { Table } from '../../dynamodb/ports.ts'
import { inParallel } from '../../runtime/parallel.ts'
import { addSums, type FullPage, measure, noSums, type Sums, type Target } from './measure.ts'

/** Pages read at most: at 1 MB each about 26,000 read units, a few US cents. */
const mostPages = 200
/** Items a page; about what 1 MB of ordinary items holds. */
const pageItems = 1_000
const pagesInFlight = 8

/** A sample of the table. Plain data that survives JSON. */
export interface Sample {
  pages: number
  sums: Sums
  /** Whether the outputs are those of the pending migrations; else each item was measured as it is. */
  migrated: boolean
  /** Every partition key was read; only keys that filled a page may have more items than were read. */
  complete: boolean
  fullPages: FullPage[]
}

export interface SampleRequest {
  totalSegments: number
  /**
   * Whether the table takes start keys that do not exist, as preflight probes. Then the sample jumps over a key that fills a
   * page; otherwise it leaves the segment there.
   */
  jump: boolean
  target: Target
  /** False ends the sample early. @default no limit */
  hasTime?(): boolean
}

/**
 * Reads the first page of each segment, then the second of each, and so on, at most 200 pages, eventually consistent. So it
 * reads a small table to its end, and the beginnings of the segments of a large one: it does not see a heavy key further on.
 * @throws DynamoDbError as the table does.
 */
export async function sampleTable(table: Table, request: SampleRequest): Promise<Sample> {
  const { totalSegments, jump, target, hasTime = () => true } = request
  const first = Math.min(mostPages, totalSegments)
  let open: { segment: number; after?: Key }[] = Array.from({ length: first }, (_, i) => ({
    segment: Math.floor((i * totalSegments) / first),
  }))
  let sums = noSums(target.indexes.length)
  let pages = 0
  const fullPages: FullPage[] = []
  let complete = first === totalSegments
  while (open.length > 0 && pages < mostPages && hasTime()) {
    const round = open.slice(0, mostPages - pages)
    const read = await inParallel(pagesInFlight, round, async (from) => {
      if (!hasTime()) return { unread: from }
      const page = await table.scan({ ...from, totalSegments, limit: pageItems, consistent: false })
      return { segment: from.segment, page: measure(page, target) }
    })
    const going = read.flatMap((each) => {
      if ('unread' in each) return [each.unread]
      const { segment, page } = each
      const { next, full } = page
      sums = addSums(sums, page)
      pages++
      if (full) fullPages.push({ key: full.key, writeUnitsPerItem: full.writeUnitsPerItem })
      if (full && !jump) complete = false
      const after = full && next?.sk ? { pk: full.pk, sk: maxKeyValue(keyTypeOf(next.sk)) } : next
      return after && (jump || !full) ? [{ segment, after }] : []
    })
    open = [...open.slice(round.length), ...going]
  }
  const migrated = target.migrations !== undefined
  return { pages, sums, migrated, complete: complete && open.length === 0, fullPages }
}
