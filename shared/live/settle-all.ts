import { readControl } from '../ledger/control.ts'
import { type Code, stopReason } from '../ledger/fencing.ts'
import { headBuckets, headOf, headPk, needsSettling } from '../ledger/heads.ts'
import type { Deadline } from '../runtime/ports.ts'
import type { LiveEngine } from './engine.ts'
import { LiveError } from './errors.ts'
import { type List, type ListPlace, type ListsOutcome, workThrough } from './list-work.ts'
import { quarantineLists } from './quarantine.ts'
import { settleHead } from './settle.ts'

export interface SettleEngine extends LiveEngine {
  deadline: Deadline
  /** The migrations of this deployment. */
  code: Code
}

/**
 * Settles every head that may be wrong, and takes cured items off the quarantine list. Repeatable; cutover repeats it
 * for keys contested since.
 *
 * An applier that does not know of quiet yet may write a delete, with an unsettled head, to a bucket that was already
 * settled. That is still right: copy had ended before, so nothing can undo the delete.
 * @throws LiveError `not-quiet` unless `beginQuiet` has returned `quiet` before.
 */
export async function settleBuckets(
  task: { run: string; fence: number; from: ListPlace },
  engine: SettleEngine,
): Promise<ListsOutcome> {
  const { ledger, run, runtime } = engine
  const { quiet } = await readControl(ledger, run)
  if (quiet === undefined)
    throw new LiveError('not-quiet', `Run ${run} is not quiet: copy may still write. Begin quiet, then settle.`)
  const whyStop = stopReason(ledger, task, engine.code, runtime.clock)
  return workThrough([...headLists(quiet, engine), ...quarantineLists(engine)], task.from, { ...engine, whyStop })
}

/** Reads all heads, because an index of the unsettled ones would be eventually consistent and could miss some. */
function headLists(quiet: string, engine: LiveEngine): List[] {
  return Array.from({ length: headBuckets }, (_, bucket) => ({
    pk: headPk(engine.run, bucket),
    workOf: (rows) =>
      rows
        .map((row) => ({ at: row.sk, head: headOf(row) }))
        .filter(({ head }) => needsSettling(head, quiet))
        .map(({ at, head: { key } }) => ({ at, work: () => settleHead(key, quiet, engine) })),
  }))
}
