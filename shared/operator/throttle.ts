import { isFinished } from '../facts/resumable.ts'
import { compareAndSet } from '../ledger/compare-and-set.ts'
import type { Control, Given, RunBudget } from '../ledger/control.ts'
import { readControl, withCommand, writeControl } from '../ledger/control.ts'
import { getRun, type RunRecord } from '../ledger/runs.ts'
import { leastShare } from '../ledger/shares.ts'
import type { OperatorEngine } from './engine.ts'
import { findLastRun } from './last-run.ts'
import { given, type LastCommand, lastCommand, refuseOverSomebody, type Wish } from './people.ts'
import { mostSliceSeconds } from './sweep.ts'

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
  const last = await findLastRun(ledger, deployment.destinationTable)
  if (!last) return refused(`There was never a run into ${deployment.destinationTable}.`)
  const asked = await given('throttle', wish, engine)
  return compareAndSet<Throttled>(`The control row of run ${last.id}`, async () => {
    // The row first: whoever resumes the run now changes it, too, and may have more slices.
    const before = await readControl(ledger, last.id)
    const run = await getRun(ledger, last.id)
    const cause = whyNot(limits, run, deployment.options)
    if (cause !== undefined) return { done: refused(cause) }
    refuseOverSomebody(before, asked, wish)
    const control = limited(before, limits, asked)
    if (!(await writeControl(ledger, run.id, before, control))) return undefined
    return { done: { kind: 'throttled', run, budget: control.budget, last: lastCommand(control) } }
  })
}

/** The control row with these limits, and without the count of those who share them: it is to be made anew. */
function limited(before: Control, limits: Limits | undefined, asked: Given): Control {
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
}

type DeployedOptions = OperatorEngine['deployment']['options']

function whyNot(limits: Limits | undefined, run: RunRecord, options: DeployedOptions): string | undefined {
  if (isFinished(run)) return `Run ${run.id} has finished: there is nothing to throttle.`
  if (!limits) return undefined
  if ((run.task ?? run).state === 'running' && run.budgetFence !== run.fence)
    return `What drives run ${run.id} is of an earlier version of Segue, which knows of no budget. Pause it (\`segue pause\`), deploy this version where it is not, resume it (\`segue resume\`) and throttle it then.`
  return lowest(limits, run, options)
}

/** Why a limit is too low: each slice must come past the largest item in its time. */
function lowest({ readUnits, writeUnits }: Limits, run: RunRecord, options: DeployedOptions) {
  const { concurrency, sliceSeconds } = (options ?? {}) as { concurrency?: unknown; sliceSeconds?: unknown }
  const slices = Math.min(
    typeof concurrency === 'number' ? concurrency : 1,
    run.concurrency ?? Number.POSITIVE_INFINITY,
  )
  const each = leastShare(typeof sliceSeconds === 'number' ? sliceSeconds : mostSliceSeconds)
  const least = slices * each
  if (Math.min(readUnits ?? least, writeUnits ?? least) >= least) return undefined
  return `Expected at least ${least} units a second, ${each} for each slice of run ${run.id}. With fewer slices fewer will do: pause it, and resume it with --concurrency.`
}

const refused = (cause: string): Throttled => ({ kind: 'refused', cause })
