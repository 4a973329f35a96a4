import type { WhyStopped } from '../ledger/fencing.ts'
import { endOf, pageRows } from '../ledger/pages.ts'
import type { LedgerTable, Row } from '../ledger/table.ts'
import { inParallel } from '../runtime/parallel.ts'
import type { Deadline } from '../runtime/ports.ts'

/** A position in the lists: a list, and the sort key of the last finished row; `''` is before the first. */
export interface ListPlace {
  shard: number
  after: string
}

/** A partition of the ledger, and the work that its rows require, in the order of the rows. */
export interface List {
  pk: string
  workOf(rows: Row[]): ListWork[] | Promise<ListWork[]>
}

export interface ListWork {
  /** Sort key of its row. Once the work is done, all rows up to this one are done. */
  at: string
  work(): Promise<unknown>
}

export type ListsOutcome =
  | { outcome: 'done' }
  /** Time is up: continue from this place. */
  | { outcome: 'more'; from: ListPlace }
  | { outcome: 'stopped'; reason: WhyStopped }

/** Rows processed at once, and rows between two checks of the time. */
const atOnce = 16
const group = 64

/**
 * Does the work of all rows of some lists, from a place on, until everything is done, there is a reason to stop, or
 * only a tenth of the time is left. Holds one page of rows, however long the lists are. The next invocation continues
 * where this one stopped, however little each does, and whether or not the work removes its row from the list.
 */
export async function workThrough(
  lists: readonly List[],
  from: ListPlace,
  {
    ledger,
    deadline,
    whyStop,
  }: { ledger: LedgerTable; deadline: Deadline; whyStop: () => Promise<WhyStopped | undefined> },
): Promise<ListsOutcome> {
  const reserveMs = deadline.remainingMs() / 10
  let place = from
  while (place.shard < lists.length) {
    const { shard, after } = place
    const { pk, workOf } = lists[shard]!
    const rows = await ledger.query(pk, '', { after, limit: pageRows })
    const all = await workOf(rows)
    for (let i = 0; i === 0 || i < all.length; i += group) {
      const reason = await whyStop()
      if (reason) return { outcome: 'stopped', reason }
      const now = all.slice(i, i + group)
      await inParallel(atOnce, now, ({ work }) => work())
      const last = i + group < all.length ? now.at(-1)!.at : endOf(rows)
      place = last === undefined ? { shard: shard + 1, after: '' } : { shard, after: last }
      // Checked after the work: however short the time, each invocation makes progress.
      if (deadline.remainingMs() < reserveMs && place.shard < lists.length) return { outcome: 'more', from: place }
    }
  }
  return { outcome: 'done' }
}
