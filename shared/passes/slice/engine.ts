import type { Code } from '../../ledger/fencing.ts'
import type { PassId } from '../../ledger/passes.ts'
import type { RunRecord } from '../../ledger/runs.ts'
import type { LedgerTable } from '../../ledger/table.ts'
import type { Deadline, Runtime } from '../../runtime/ports.ts'
import type { Ask } from '../../runtime/retry.ts'
import type { Pass } from './pass.ts'

export interface SliceEngine {
  ledger: LedgerTable
  /** Opens a pass of this run, whose tables call `ask` before each request. */
  openPass: (run: RunRecord, pass: PassId, ask: Ask) => Pass
  runtime: Runtime
  deadline: Deadline
  /** The code that the pass needs. */
  code: Code
  /** Limit of a slice and the age at which a key counts as hot, ms. */
  sliceMs: number
  splitAfterMs: number
  /** Slices of this deployment that can be at work at once. */
  concurrency: number
}
