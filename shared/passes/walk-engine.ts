import type { KeySchema } from '../dynamodb/key.ts'
import type { Table } from '../dynamodb/ports.ts'
import { type PassName, walkOf } from '../ledger/chunks.ts'
import type { RunRecord } from '../ledger/runs.ts'
import type { LedgerTable } from '../ledger/table.ts'
import type { Migration } from '../migrations/migration.ts'
import type { Runtime } from '../runtime/ports.ts'
import type { ShouldContinue } from '../runtime/retry.ts'
import { copyPass } from './copy.ts'
import { orphansPass } from './orphans.ts'
import type { WalkEngine } from './slice/engine.ts'
import { verifyPass } from './verify.ts'

export interface PassesEngine {
  ledger: LedgerTable
  runtime: Runtime
  /** Opens a table by name, with retries for as long as `shouldContinue` says so. */
  open(name: string, schema: KeySchema, shouldContinue: ShouldContinue): Table
  /** All migrations of the deployment. */
  migrations: readonly Migration[]
  sliceMs: number
}

/** Longest that verify waits for a difference to go away, and its greatest share of a slice. */
const patienceMs = 20_000
const patienceShare = 5

/** Which table a pass walks, and what it does there. */
export function walkEngine(
  run: RunRecord,
  pass: PassName,
  shouldContinue: ShouldContinue,
  engine: PassesEngine,
): WalkEngine {
  const { ledger, runtime, open, sliceMs } = engine
  const { schema } = run
  const source = open(run.source, schema, shouldContinue)
  const destination = open(run.destination, schema, shouldContinue)
  const migrations = engine.migrations.filter(({ id }) => run.pending.includes(id))
  const verify = {
    run: run.id,
    verification: run.verification?.number ?? 1,
    schema,
    migrations,
    source,
    destination,
    ledger,
    runtime,
    patienceMs: Math.min(patienceMs, sliceMs / patienceShare),
  }
  switch (walkOf(pass)) {
    case 'copy':
      return {
        table: source,
        pass: copyPass({ run: run.id, schema, migrations, destination, ledger, runtime, offline: run.offline }),
        // What a stale read misses the stream carries; offline nothing does.
        consistent: run.offline,
      }
    case 'verify':
      return { table: source, pass: verifyPass(verify), consistent: false }
    case 'orphans':
      return { table: destination, pass: orphansPass(verify), consistent: false }
  }
}
