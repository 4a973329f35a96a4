import type { Context } from 'aws-lambda'
import { getRun, type RunRecord } from '../../shared/ledger/runs.ts'
import type { LiveEngine } from '../../shared/live/engine.ts'
import { continueUnless, stopReason } from '../../shared/live/fencing.ts'
import { retryingLiveTables } from '../../shared/live/retrying.ts'
import { sdkLiveTables } from '../../shared/live/sdk/live-tables.ts'
import type { SettleEngine } from '../../shared/live/settle-walk.ts'
import type { ShouldContinue } from '../../shared/runtime/retry.ts'
import { userMigrations } from './migrations.ts'
import { dynamodb, environment, ledger, openTable, runtime } from './world.ts'

/** What a run is settled and repaired with, under its lease. */
export async function settleEngine(task: { run: string; fence: number }, context: Context): Promise<SettleEngine> {
  const { codeHash } = environment
  const shouldContinue = continueUnless(stopReason(ledger, task, codeHash, runtime.clock))
  return {
    ...(await liveEngine(await getRun(ledger, task.run), shouldContinue)),
    deadline: { remainingMs: () => context.getRemainingTimeInMillis() },
    codeHash,
  }
}

/** What live changes of a run are applied and settled with. */
export async function liveEngine(run: RunRecord, shouldContinue?: ShouldContinue): Promise<LiveEngine> {
  const { schema } = run
  const migrations = await userMigrations()
  const tables = sdkLiveTables(dynamodb, { name: run.destination, schema }, environment.ledgerTable)
  return {
    run: run.id,
    schema,
    migrations: migrations.filter(({ id }) => run.pending.includes(id)),
    source: openTable(run.source, schema, shouldContinue),
    tables: retryingLiveTables(tables, ledger, runtime, shouldContinue),
    ledger,
    runtime,
  }
}
