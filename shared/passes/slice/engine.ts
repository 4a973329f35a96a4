import type { Table } from '../../dynamodb/ports.ts'
import type { PassName } from '../../ledger/chunks.ts'
import type { RunRecord } from '../../ledger/runs.ts'
import type { LedgerTable } from '../../ledger/table.ts'
import type { Deadline, Runtime } from '../../runtime/ports.ts'
import type { ShouldContinue } from '../../runtime/retry.ts'
import type { Pass } from './pass.ts'

export interface SliceEngine {
  ledger: LedgerTable
  /** What a pass of this run walks, and what it does there; its retries end when `shouldContinue` says so. */
  walk: (run: RunRecord, pass: PassName, shouldContinue: ShouldContinue) => WalkEngine
  runtime: Runtime
  deadline: Deadline
  /** Hash of the migrations in this deployment. */
  codeHash: string
  /** Limit of a slice and the age at which a key counts as hot, ms. */
  sliceMs: number
  splitAfterMs: number
}

export interface WalkEngine {
  /** The table to walk. */
  table: Table
  pass: Pass
  /** Whether reads are strongly consistent: only where nothing carries what a stale read misses. */
  consistent: boolean
}
