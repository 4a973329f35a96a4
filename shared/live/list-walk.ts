import type { WhyStopped } from '../ledger/fencing.ts'
import { endOf, pageRows } from '../ledger/pages.ts'
import type { LedgerTable, Row } from '../ledger/table.ts'
import { inParallel } from '../runtime/parallel.ts'
import type { Deadline } from '../runtime/ports.ts'

/** Where a walk stands: in this list, behind the row with this sort key; `''` is before the first. */
export interface ListPlace {
  shard: number
  after: string
}

/** A partition of the ledger, and what there is to do for rows of it, in their order. */
export interface List {
  pk: string
  workOf(rows: Row[]): ListWork[] | Promise<ListWork[]>
}

export interface ListWork {
  /** Sort key of the row that asks for it: once it is done, so is all up to there. */
  at: string
  work(): Promise<unknown>
}

export type Walked =
  | { outcome: 'done' }
  /** Time is up: go on from this place. */
  | { outcome: 'more'; from: ListPlace }
  | { outcome: 'stopped'; reason: WhyStopped }

/** Done at once, and between two looks at the clock. */
const atOnce = 16
const group = 64

/**
 * Does all that the rows of some lists ask for, from a place on, until it is done, there is a reason to stop, or a tenth of
 * the time is left; holds a page of rows, however long the lists are. What one invocation did not come to the next one
 * does, however little fits into each and whether or not the work takes its row off the list.
 */
export async function walkLists(
  lists: readonly List[],
  from: ListPlace,
  {
    ledger,
    deadline,
    whyStop,
  }: { ledger: LedgerTable; deadline: Deadline; whyStop: () => Promise<WhyStopped | undefined> },
): Promise<Walked> {
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
      // Looked at after the work: however short the time, each invocation gets on.
      if (deadline.remainingMs() < reserveMs && place.shard < lists.length) return { outcome: 'more', from: place }
    }
  }
  return { outcome: 'done' }
}
