import { continueUnless, orStopped, type Stopped, type StopReason } from '../ledger/fencing.ts'
import { endOf, pageRows } from '../ledger/pages.ts'
import type { LedgerTable, Row } from '../ledger/table.ts'
import { SegueError } from '../runtime/error.ts'
import { inParallel } from '../runtime/parallel.ts'
import type { Deadline } from '../runtime/ports.ts'
import type { Ask } from '../runtime/retry.ts'

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
 * its limit. Where a table fails after its retries, the rows are tried one by one.
 * @throws the error of a row's work; a retryable one only if no row before it was done.
 */
export function workThrough(lists: readonly List[], from: ListPlace, engine: ListEngine): Promise<ListsOutcome> {
  const at = { place: from }
  return orStopped(() =>
    through(lists, at, engine).catch((error) => {
      // Tables that keep failing must not undo what this invocation has done before.
      if (at.place !== from && SegueError.is(error) && error.retryable) return { outcome: 'more', from: at.place }
      throw error
    }),
  )
}

interface ListEngine {
  ledger: LedgerTable
  deadline: Deadline
  whyStop: StopReason
}

/** @param at kept up to date, for who catches an error. */
async function through(
  lists: readonly List[],
  at: { place: ListPlace },
  { ledger, deadline, whyStop }: ListEngine,
): Promise<ListsOutcome> {
  const ask = continueUnless(whyStop)
  const wholeMs = deadline.remainingMs()
  let group = atOnce
  let longestMs = 0
  while (at.place.shard < lists.length) {
    const { shard, after } = at.place
    const { pk, workOf } = lists[shard]!
    const rows = await ledger.query(pk, '', { after, limit: pageRows })
    const all = await workOf(rows)
    let i = 0
    do {
      await ask()
      const beganMs = deadline.remainingMs()
      const { finished, failure } = await workOn(all.slice(i, i + group), ask)
      i += finished
      const last = i < all.length ? all[i - 1]?.at : endOf(rows)
      if (finished > 0 || all.length === 0)
        at.place = last === undefined ? { shard: shard + 1, after: '' } : { shard, after: last }
      const leftMs = deadline.remainingMs()
      longestMs = Math.max(longestMs, beganMs - leftMs)
      // Checked after the work: however short the time, each invocation makes progress.
      const isLate = leftMs < Math.max(wholeMs / 10, 2 * longestMs) && at.place.shard < lists.length
      if (failure !== undefined && (isLate || (finished === 0 && group === 1))) throw failure
      if (isLate) return { outcome: 'more', from: at.place }
      // A table that takes one write a second always fails some of many at once. A row may cost one read or dozens of
      // them, each of which may be throttled.
      group = failure !== undefined ? 1 : Math.min(2 * group, longestMs > wholeMs / 20 ? atOnce : largestGroup)
    } while (i < all.length)
  }
  return { outcome: 'done' }
}

/**
 * Does the work of some rows at once; after a failure it begins no more.
 * @returns how many of the first rows are done, and the failure, if it may pass.
 * @throws any other error.
 */
async function workOn(rows: readonly ListWork[], ask: Ask): Promise<{ finished: number; failure?: unknown }> {
  const done = new Set<ListWork>()
  try {
    await inParallel(atOnce, rows, async (row) => {
      await ask()
      await row.work()
      done.add(row)
    })
    return { finished: rows.length }
  } catch (failure) {
    if (!SegueError.is(failure) || !failure.retryable) throw failure
    return { finished: rows.findIndex((row) => !done.has(row)), failure }
  }
}
