import { openPass } from '../shared/passes/open-pass.ts'
import { UndrainedError } from '../shared/passes/slice/errors.ts'
import { executionName, type Step, type Stepped, step } from '../shared/passes/slice/outcome.ts'
import { runSlice } from '../shared/passes/slice/slice.ts'
import type { SliceTask } from '../shared/passes/slice/start.ts'
import { wire } from './wiring/handler.ts'
import { userMigrations } from './wiring/migrations.ts'
import { environment, ledger, logger, openTable, runtime } from './wiring/world.ts'

/** One slice of one chunk; the only function that walks tables. */
export const handler = wire(async (task: SliceTask & { slice: Step }, context): Promise<Stepped> => {
  const { options, codeHash } = environment
  const sliceMs = options.sliceSeconds * 1000
  const passes = { ledger, runtime, open: openTable, migrations: await userMigrations(), sliceMs }
  try {
    const outcome = await runSlice(task, {
      ledger,
      openPass: (run, pass, shouldContinue) => openPass(run, pass, shouldContinue, passes),
      runtime,
      deadline: { remainingMs: () => context.getRemainingTimeInMillis() },
      codeHash,
      sliceMs,
      splitAfterMs: options.splitAfterSeconds * 1000,
    })
    return step(outcome, task.slice, executionName(task, `c${runtime.clock().toString(36)}`))
  } catch (error) {
    if (!(error instanceof UndrainedError)) throw error
    logger.error('slice.undrained', error)
    process.exit(1)
  }
})
