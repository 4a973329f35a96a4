import type { KeySchema } from '../dynamodb/key.ts'
import type { Table } from '../dynamodb/ports.ts'
import { kindOf, type PassId, type PassKind, passes } from '../ledger/passes.ts'
import type { RunRecord } from '../ledger/runs.ts'
import type { LedgerTable } from '../ledger/table.ts'
import type { Migration } from '../migrations/migration.ts'
import type { Runtime } from '../runtime/ports.ts'
import type { ShouldContinue } from '../runtime/retry.ts'
import { copyPass } from './copy.ts'
import { orphansPass } from './orphans.ts'
import type { PageWork, Pass } from './slice/pass.ts'
import { type VerifyPass, verifyPass } from './verify.ts'

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

interface Made {
  /** What the run gives to all its passes. */
  verify: VerifyPass
  offline: boolean
}

/** The code of each pass, by its kind. */
const work: Record<PassKind, (made: Made) => PageWork & Pick<Pass, 'consistent'>> = {
  // What a stale read misses the stream carries; offline nothing does.
  copy: ({ verify, offline }) => ({ ...copyPass({ ...verify, offline }), consistent: offline }),
  verify: ({ verify }) => ({ ...verifyPass(verify), consistent: false }),
  orphans: ({ verify }) => ({ ...orphansPass(verify), consistent: false }),
}

/** One pass of a run, by the tables of passes and of their code. */
export function openPass(run: RunRecord, pass: PassId, shouldContinue: ShouldContinue, engine: PassesEngine): Pass {
  const { ledger, runtime, open, sliceMs } = engine
  const { schema, offline } = run
  const kind = kindOf(pass)
  const tables = {
    source: open(run.source, schema, shouldContinue),
    destination: open(run.destination, schema, shouldContinue),
  }
  const verify = {
    run: run.id,
    verification: run.verification?.number ?? 1,
    schema,
    migrations: engine.migrations.filter(({ id }) => run.pending.includes(id)),
    ...tables,
    ledger,
    runtime,
    patienceMs: Math.min(patienceMs, sliceMs / patienceShare),
  }
  return { table: tables[passes[kind].table], ...work[kind]({ verify, offline }) }
}
