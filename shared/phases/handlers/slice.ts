import { openPass } from '../../passes/open-pass.ts'
import { UndrainedError } from '../../passes/slice/errors.ts'
import { executionName, type Step, type Stepped, step } from '../../passes/slice/outcome.ts'
import { runSlice } from '../../passes/slice/slice.ts'
import type { SliceTask } from '../../passes/slice/start.ts'
import { migrationsOf } from './engines.ts'
import type { Handler, Migrating, World } from './world.ts'

/** One slice of one chunk; the only function that reads whole tables. */
export function sliceHandler(
  world: World &
    Migrating & {
      /** Ends the process: its pending promises would resume when it is thawed, perhaps much later. */
      exit(why: UndrainedError): Promise<never>
    },
): Handler<SliceTask & { slice: Step }, Stepped> {
  const { ledger, runtime, options, openTable: open, exit } = world
  const sliceMs = options.sliceSeconds * 1000
  return async (task, deadline) => {
    const passes = { ledger, runtime, open, migrations: await world.migrations(), sliceMs }
    try {
      const outcome = await runSlice(task, {
        ...{ ledger, runtime, deadline, code: migrationsOf(world), sliceMs },
        openPass: (run, pass, ask) => openPass(run, pass, ask, passes),
        splitAfterMs: options.splitAfterSeconds * 1000,
      })
      return step(outcome, task.slice, executionName(task, `c${runtime.clock().toString(36)}`))
    } catch (error) {
      if (!UndrainedError.is(error)) throw error
      return exit(error)
    }
  }
}
