import { continueUnless, orStopped, type Stopped, type StopReason } from '../ledger/fencing.ts'
import { endOf, pageRows } from '../ledger/pages.ts'
import type { LedgerTable, Row } from '../ledger/table.ts'
import { SegueError } from '../runtime/error.ts'
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
  | Stopped

/** Rows processed at once, and the most rows between two checks of the time. */
const atOnce = 16
const largestGroup = 64

/**
 * Does the work of all rows of some lists, from a place on, until everything is done, there is a reason to stop, or the
 * next rows might not be done in time. Holds one page of rows, however long the lists are. The next invocation
 * continues where this one stopped, however little each does, and whether or not the work removes its row from the
 * list. An invocation that dies leaves no place: the next begins where this one began, so it must not be cut short by
 * its limit.
 * @throws the error of a row's work; a retryable one only if no row before it was done.
 */
export function workThrough(lists: readonly List[], from: ListPlace, engine: ListEngine): Promise<ListsOutcome> {
  return orStopped(() => through(lists, from, engine))
}

interface ListEngine {
  ledger: LedgerTable
  deadline: Deadline
  whyStop: StopReason
}

async function through(
  lists: readonly List[],
  from: ListPlace,
  { ledger, deadline, whyStop }: ListEngine,
): Promise<ListsOutcome> {
  const ask = continueUnless(whyStop)
  const wholeMs = deadline.remainingMs()
  let place = from
  let group = atOnce
  let longestMs = 0
  while (place.shard < lists.length) {
    const { shard, after } = place
    const { pk, workOf } = lists[shard]!
    const rows = await ledger.query(pk, '', { after, limit: pageRows })
    const all = await workOf(rows)
    for (let i = 0; i === 0 || i < all.length; ) {
      await ask()
      const now = all.slice(i, i + group)
      const beganMs = deadline.remainingMs()
      try {
        await inParallel(atOnce, now, async ({ work }) => {
          await ask()
          await work()
        })
      } catch (error) {
        // Tables that keep failing must not undo what this invocation has done before.
        if (place !== from && SegueError.is(error) && error.retryable) return { outcome: 'more', from: place }
        throw error
      }
      i += group
      const last = i < all.length ? now.at(-1)!.at : endOf(rows)
      place = last === undefined ? { shard: shard + 1, after: '' } : { shard, after: last }
      const leftMs = deadline.remainingMs()
      longestMs = Math.max(longestMs, beganMs - leftMs)
      // Checked after the work: however short the time, each invocation makes progress.
      if (leftMs < Math.max(wholeMs / 10, 2 * longestMs) && place.shard < lists.length)
        return { outcome: 'more', from: place }
      // A row may cost one read or dozens of them, each of which may be throttled.
      group = longestMs > wholeMs / 20 ? atOnce : largestGroup
    }
  }
  return { outcome: 'done' }
}
