import type { KeySchema } from '../dynamodb/key.ts'
import type { Table } from '../dynamodb/ports.ts'
import { kindOf, type PassId, type PassKind, passes } from '../ledger/passes.ts'
import type { RunRecord } from '../ledger/runs.ts'
import type { LedgerTable } from '../ledger/table.ts'
import type { IndexDefinition } from '../migrations/index-definition.ts'
import type { Migration } from '../migrations/migration.ts'
import type { Runtime } from '../runtime/ports.ts'
import type { Ask } from '../runtime/retry.ts'
import type { Search } from '../search/ports.ts'
import { copyPass } from './copy.ts'
import { indexPass } from './index.ts'
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
  /** Only for the passes that build indices. */
  indexing?: Indexing
  sliceMs: number
}

/** What it takes to bring documents into indices. */
export interface Indexing {
  /** Without retries. */
  search: Search
  definitions: readonly IndexDefinition[]
}

interface Made {
  run: RunRecord
  ask: Ask
  engine: PassesEngine
  /** A table of the run, which is opened only by the passes that need it. */
  open(name: 'source' | 'destination'): Table
}

/** The code of each pass, by its kind. */
const work: Record<PassKind, (made: Made) => PageWork & Pick<Pass, 'consistent' | 'patienceMs'>> = {
  // Live changes carry everything that a stale read misses. Offline there are none, so reads must be consistent.
  copy(made) {
    const { offline } = made.run
    return { ...copyPass({ ...migrating(made), offline }), consistent: offline }
  },
  verify(made) {
    const verify = migrating(made)
    return { ...verifyPass(verify), consistent: false, patienceMs: verify.patienceMs }
  },
  orphans(made) {
    const verify = migrating(made)
    return { ...orphansPass(verify), consistent: false, patienceMs: verify.patienceMs }
  },
  // Changes of the destination carry what a stale read misses, offline too.
  index({ run, ask, engine: { ledger, runtime, indexing } }) {
    const { id, destination: table, schema, index } = run
    const build = { table, run: id, n: index!.build }
    return { ...indexPass({ ...indexing!, build, schema, ledger, runtime, ask }), consistent: false }
  },
}

/** The inputs that the passes share that migrate items. */
function migrating({ run, engine, open }: Made): VerifyPass {
  const { ledger, runtime, sliceMs } = engine
  return {
    run: run.id,
    verification: run.verification?.number ?? 1,
    schema: run.schema,
    migrations: engine.migrations.filter(({ id }) => run.pending.includes(id)),
    source: open('source'),
    destination: open('destination'),
    ledger,
    runtime,
    patienceMs: patienceOf(sliceMs),
  }
}

/** Opens one pass of a run, by the tables of passes and of their code. */
export function openPass(run: RunRecord, pass: PassId, ask: Ask, engine: PassesEngine): Pass {
  const kind = kindOf(pass)
  const open = (name: 'source' | 'destination') => engine.open(run[name], run.schema, ask)
  return { table: open(passes[kind].table), ...work[kind]({ run, ask, engine, open }) }
}
