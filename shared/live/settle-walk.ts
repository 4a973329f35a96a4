import { readControl } from '../ledger/control.ts'
import { headBuckets, listHeads, needsSettling } from '../ledger/heads.ts'
import { inParallel } from '../runtime/parallel.ts'
import type { Deadline } from '../runtime/ports.ts'
import type { LiveEngine } from './engine.ts'
import { LiveError } from './errors.ts'
import { stopSign, type WhyStopped } from './gate.ts'
import { listedPoison, poisonShards, recheckPoison } from './poison.ts'
import { settleHead } from './settle.ts'

/** Where the walk can stand: a bucket of heads, or after them all a partition of the quarantine list. */
export const settlePlaces = headBuckets + poisonShards

/** Heads settled at once, and between two looks at the clock. */
const atOnce = 16
const group = 64

export interface SettleTask {
  run: string
  fence: number
  /** First place and the one to stop before, so that several can share the work. @default all */
  from?: number
  to?: number
}

export interface SettleEngine extends LiveEngine {
  deadline: Deadline
  codeHash: string
}

export type SettleOutcome =
  | { outcome: 'done' }
  /** Time is up: go on from this place. What is settled says so itself, so a place begun twice costs only its query. */
  | { outcome: 'more'; from: number }
  | { outcome: 'stopped'; reason: WhyStopped }

/**
 * Settles every head that may be wrong, and takes cured items off the quarantine list. Repeatable; cutover does it once
 * more for what has been contested since.
 *
 * A delete that lands behind the walk with its head unsettled, by an applier that did not know of quiet yet, is right
 * all the same: it was written after copy had ended, so nothing can have undone it.
 * @throws LiveError `not-quiet` when `beginQuiet` has not answered `quiet` first.
 */
export async function settleBuckets(task: SettleTask, engine: SettleEngine): Promise<SettleOutcome> {
  const { ledger, run, runtime, deadline } = engine
  const { quiet } = await readControl(ledger, run)
  if (quiet === undefined)
    throw new LiveError('not-quiet', `Run ${run} is not quiet: copy may still write. Begin quiet, then settle.`)
  const whyStop = stopSign(ledger, task, engine.codeHash, runtime.clock)
  const reserveMs = deadline.remainingMs() / 10
  for (let place = task.from ?? 0; place < (task.to ?? settlePlaces); place++) {
    const work = await workAt(place, quiet, engine)
    for (let i = 0; i === 0 || i < work.length; i += group) {
      const reason = await whyStop()
      if (reason) return { outcome: 'stopped', reason }
      await inParallel(atOnce, work.slice(i, i + group), (settle) => settle())
      // Looked at after the work: however short the time, each invocation gets on.
      const finished = i + group >= work.length
      if (deadline.remainingMs() < reserveMs && !(finished && place + 1 >= (task.to ?? settlePlaces)))
        return { outcome: 'more', from: finished ? place + 1 : place }
    }
  }
  return { outcome: 'done' }
}

async function workAt(place: number, quiet: string, engine: LiveEngine): Promise<(() => Promise<void>)[]> {
  if (place < headBuckets) {
    const open = await listHeads(engine.ledger, engine.run, place, (head) => needsSettling(head, quiet))
    return open.map((head) => () => settleHead(head.key, quiet, engine))
  }
  const keys = await listedPoison(engine.ledger, engine.run, place - headBuckets)
  return keys.map((key) => () => recheckPoison(key, engine))
}
