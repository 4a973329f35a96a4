import type { Code } from '../../ledger/fencing.ts'
import { kindOf, type PassId, passes } from '../../ledger/passes.ts'
import { openPass, type PassesEngine } from '../../passes/open-pass.ts'
import { UndrainedError } from '../../passes/slice/errors.ts'
import { executionName, type Step, type Stepped, step } from '../../passes/slice/outcome.ts'
import { runSlice } from '../../passes/slice/slice.ts'
import type { SliceTask } from '../../passes/slice/start.ts'
import { definitionsOf, migrationsOf } from './engines.ts'
import type { Handler, Migrating, SearchWorld } from './world.ts'

/** One slice of one chunk; the only function that reads whole tables. */
export function sliceHandler(
  world: SearchWorld &
    Migrating & {
      /** Ends the process: its pending promises would resume when it is thawed, perhaps much later. */
      exit(why: UndrainedError): Promise<never>
    },
): Handler<SliceTask & { slice: Step }, Stepped> {
  const { ledger, runtime, options, openTable: open, exit } = world
  const sliceMs = options.sliceSeconds * 1000
  return async (task, deadline) => {
    const { code, ...user } = await codeOf(task.pass, world)
    const engine = { ...{ ledger, runtime, open, sliceMs }, ...user }
    try {
      const outcome = await runSlice(task, {
        ...{ ledger, runtime, deadline, code, sliceMs },
        openPass: (run, pass, ask) => openPass(run, pass, ask, engine),
        splitAfterMs: options.splitAfterSeconds * 1000,
        concurrency: options.concurrency,
      })
      return step(outcome, task.slice, executionName(task, `c${runtime.clock().toString(36)}`))
    } catch (error) {
      if (!UndrainedError.is(error)) throw error
      return exit(error)
    }
  }
}

/** The user's code that a pass needs. The other module is not loaded: it may be broken. */
async function codeOf(
  pass: PassId,
  world: SearchWorld & Migrating,
): Promise<{ code: Code } & Pick<PassesEngine, 'migrations' | 'indexing'>> {
  if (passes[kindOf(pass)].code === 'migrations')
    return { code: migrationsOf(world), migrations: await world.migrations() }
  const [search, definitions] = await Promise.all([world.openSearch(), world.indices()])
  return { code: definitionsOf(world), migrations: [], indexing: { search, definitions } }
}
