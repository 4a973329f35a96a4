import { isFinished } from '../facts/resumable.ts'
import type { RunBudget } from '../ledger/control.ts'
import { changeControl, withCommand } from '../ledger/control.ts'
import type { RunRecord } from '../ledger/runs.ts'
import type { OperatorEngine } from './engine.ts'
import { findLastRun } from './last-run.ts'
import { given, type LastCommand, lastCommand, refuseOverSomebody, type Wish } from './people.ts'

/** Units a second that the passes of a run may take. */
export interface Limits {
  readUnits?: number
  writeUnits?: number
}

export type Throttled =
  | { kind: 'throttled'; run: RunRecord; budget: RunBudget | undefined; last: LastCommand | undefined }
  /** Nothing was changed. */
  | { kind: 'refused'; cause: string }

/**
 * Limits what the passes of the last run take of its tables, or lifts the limit. Live changes, settling and repairs are not
 * limited. Slices obey within seconds, and the budget stays over a resume.
 * @param limits of one kind alone: the other stays as it is. `undefined`: none any more.
 * @throws OperatorError `somebody-acted`.
 */
export async function throttleRun(
  engine: Pick<OperatorEngine, 'ledger' | 'deployment' | 'identity' | 'runtime'>,
  limits: Limits | undefined,
  wish: Wish = {},
): Promise<Throttled> {
  const { ledger, deployment } = engine
  const run = await findLastRun(ledger, deployment.destinationTable)
  if (!run) return refused(`There was never a run into ${deployment.destinationTable}.`)
  if (isFinished(run)) return refused(`Run ${run.id} has finished: there is nothing to throttle.`)
  const tooLow = limits && lowest(limits, run, deployment.options)
  if (tooLow !== undefined) return refused(tooLow)
  const asked = await given('throttle', wish, engine)
  const control = await changeControl(ledger, run.id, (before) => {
    refuseOverSomebody(before, asked, wish)
    const { budget, counted: _, ...rest } = withCommand(before, before.command, asked)
    if (!limits) return rest
    const { at, by, why } = asked
    const { readUnits, writeUnits } = { ...budget, ...limits }
    return {
      ...rest,
      budget: {
        ...(readUnits !== undefined && { readUnits }),
        ...(writeUnits !== undefined && { writeUnits }),
        at,
        ...(by !== undefined && { by }),
        ...(why !== undefined && { why }),
      },
    }
  })
  return { kind: 'throttled', run, budget: control.budget, last: lastCommand(control) }
}

/** Why a limit is too low: a slice that has less than a unit a second may not come past one large item. */
function lowest({ readUnits, writeUnits }: Limits, run: RunRecord, options: OperatorEngine['deployment']['options']) {
  const { concurrency } = (options ?? {}) as { concurrency?: unknown }
  const slices = Math.min(
    typeof concurrency === 'number' ? concurrency : 1,
    run.concurrency ?? Number.POSITIVE_INFINITY,
  )
  if (Math.min(readUnits ?? slices, writeUnits ?? slices) >= slices) return undefined
  return `Expected at least ${slices} units a second, one for each slice of run ${run.id}. With fewer slices fewer will do: pause it, and resume it with --concurrency.`
}

const refused = (cause: string): Throttled => ({ kind: 'refused', cause })
