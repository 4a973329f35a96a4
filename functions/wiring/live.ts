import type { RunRecord } from '../../shared/ledger/runs.ts'
import type { LiveEngine } from '../../shared/live/engine.ts'
import { retryingLiveTables } from '../../shared/live/retrying.ts'
import { sdkLiveTables } from '../../shared/live/sdk/live-tables.ts'
import { userMigrations } from './migrations.ts'
import { dynamodb, environment, ledger, openTable, runtime } from './world.ts'

/** What live changes of a run are applied and settled with. */
export async function liveEngine(run: RunRecord): Promise<LiveEngine> {
  const { schema } = run
  const migrations = await userMigrations()
  const tables = sdkLiveTables(dynamodb, { name: run.destination, schema }, environment.ledgerTable)
  return {
    run: run.id,
    schema,
    migrations: migrations.filter(({ id }) => run.pending.includes(id)),
    source: openTable(run.source, schema),
    tables: retryingLiveTables(tables, ledger, runtime),
    ledger,
    runtime,
  }
}
