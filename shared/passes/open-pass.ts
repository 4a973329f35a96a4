import type { KeySchema } from '../dynamodb/key.ts'
import type { Table } from '../dynamodb/ports.ts'
import { kindOf, type PassId, type PassKind, passes } from '../ledger/passes.ts'
import type { RunRecord } from '../ledger/runs.ts'
import type { LedgerTable } from '../ledger/table.ts'
import type { Migration } from '../migrations/migration.ts'
import type { Runtime } from '../runtime/ports.ts'
import type { Ask } from '../runtime/retry.ts'
import { copyPass } from './copy.ts'
import { orphansPass } from './orphans.ts'
import { patienceOf } from './patience.ts'
import type { PageWork, Pass } from './slice/pass.ts'
import { type VerifyPass, verifyPass } from './verify.ts'

export interface PassesEngine {
  ledger: LedgerTable
  runtime: Runtime
  /** Opens a table by name, which calls `ask` before each request. */
  open(name: string, schema: KeySchema, ask: Ask): Table
  /** All migrations of the deployment. */
  migrations: readonly Migration[]
  sliceMs: number
}

interface Made {
  /** The inputs that all passes of the run share. */
  verify: VerifyPass
  offline: boolean
}

/** The code of each pass, by its kind. */
const work: Record<PassKind, (made: Made) => PageWork & Pick<Pass, 'consistent' | 'patienceMs'>> = {
  // Live changes carry everything that a stale read misses. Offline there are none, so reads must be consistent.
  copy: ({ verify, offline }) => ({ ...copyPass({ ...verify, offline }), consistent: offline }),
  verify: ({ verify }) => ({ ...verifyPass(verify), consistent: false, patienceMs: verify.patienceMs }),
  orphans: ({ verify }) => ({ ...orphansPass(verify), consistent: false, patienceMs: verify.patienceMs }),
}

/** Opens one pass of a run, by the tables of passes and of their code. */
export function openPass(run: RunRecord, pass: PassId, ask: Ask, engine: PassesEngine): Pass {
  const { ledger, runtime, open, sliceMs } = engine
  const { schema, offline } = run
  const kind = kindOf(pass)
  const tables = {
    source: open(run.source, schema, ask),
    destination: open(run.destination, schema, ask),
  }
  const verify = {
    run: run.id,
    verification: run.verification?.number ?? 1,
    schema,
    migrations: engine.migrations.filter(({ id }) => run.pending.includes(id)),
    ...tables,
    ledger,
    runtime,
    patienceMs: patienceOf(sliceMs),
  }
  return { table: tables[passes[kind].table], ...work[kind]({ verify, offline }) }
}
