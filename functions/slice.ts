import { copyPass } from '../shared/passes/copy.ts'
import { executionName, type Step, type Stepped, step } from '../shared/run/outcome.ts'
import { UndrainedError } from '../shared/slice/errors.ts'
import { runSlice } from '../shared/slice/slice.ts'
import type { SliceTask } from '../shared/slice/start.ts'
import { door } from './wiring/door.ts'
import { userMigrations } from './wiring/migrations.ts'
import { environment, ledger, logger, openTable, runtime } from './wiring/world.ts'

/** One slice of one chunk; the only function that reads and writes items. */
export const handler = door(async (task: SliceTask & { slice: Step }, context): Promise<Stepped> => {
  const { options, codeHash } = environment
  const migrations = await userMigrations()
  try {
    const outcome = await runSlice(task, {
      ledger,
      table: (run) => openTable(run.source, run.schema),
      pass: (run) =>
        copyPass({
          run: run.id,
          schema: run.schema,
          migrations: migrations.filter(({ id }) => run.pending.includes(id)),
          destination: openTable(run.destination, run.schema),
          ledger,
          runtime,
        }),
      runtime,
      deadline: { remainingMs: () => context.getRemainingTimeInMillis() },
      codeHash,
      sliceMs: options.sliceSeconds * 1000,
      splitAfterMs: options.splitAfterSeconds * 1000,
    })
    return step(outcome, task.slice, executionName(task.run, task.chunk, `c${runtime.clock().toString(36)}`))
  } catch (error) {
    if (!(error instanceof UndrainedError)) throw error
    logger.error('slice.undrained', error)
    process.exit(1)
  }
})
