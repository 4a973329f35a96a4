import { readControl } from '../ledger/control.ts'
import { stopReason } from '../ledger/fencing.ts'
import { headBuckets, headOf, headPk, needsSettling } from '../ledger/heads.ts'
import type { Deadline } from '../runtime/ports.ts'
import type { LiveEngine } from './engine.ts'
import { LiveError } from './errors.ts'
import { type List, type ListPlace, type Walked, walkLists } from './list-walk.ts'
import { quarantineLists } from './quarantine.ts'
import { settleHead } from './settle.ts'

export interface SettleEngine extends LiveEngine {
  deadline: Deadline
  codeHash: string
}

/**
 * Settles every head that may be wrong, and takes cured items off the quarantine list. Repeatable; cutover does it once
 * more for what has been contested since.
 *
 * A delete that lands behind the walk with its head unsettled, by an applier that did not know of quiet yet, is right
 * all the same: it was written after copy had ended, so nothing can have undone it.
 * @throws LiveError `not-quiet` when `beginQuiet` has not answered `quiet` first.
 */
export async function settleBuckets(
  task: { run: string; fence: number; from: ListPlace },
  engine: SettleEngine,
): Promise<Walked> {
  const { ledger, run, runtime } = engine
  const { quiet } = await readControl(ledger, run)
  if (quiet === undefined)
    throw new LiveError('not-quiet', `Run ${run} is not quiet: copy may still write. Begin quiet, then settle.`)
  const whyStop = stopReason(ledger, task, engine.codeHash, runtime.clock)
  return walkLists([...headLists(quiet, engine), ...quarantineLists(engine)], task.from, { ...engine, whyStop })
}

/** There is no index over the unsettled: one would be eventually consistent and could miss some. */
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
