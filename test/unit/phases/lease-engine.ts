import type { RunRecord } from '../../../shared/ledger/runs.ts'
import type { LedgerTable } from '../../../shared/ledger/table.ts'
import type { LeaseEngine } from '../../../shared/phases/lease.ts'
import type { Runtime } from '../../../shared/runtime/ports.ts'

/** What a lease is taken with to go on with `run`: every execution but `execution` has ended, and the destination holds items. */
export function leaseEngine(
  execution: string,
  run: RunRecord,
  { ledger, runtime }: { ledger: LedgerTable; runtime: Runtime },
): LeaseEngine {
  return {
    ledger,
    executions: { status: async (asked) => (asked === execution ? 'running' : 'ended') },
    stack: 'arn:aws:cloudformation:us-east-1:000000000000:stack/Night/1',
    stacks: { use: async () => 'this ledger' },
    marks: { ledgerName: 'ledger', ledgerOfSource: async () => undefined, markDestination: async () => {} },
    runtime: { ...runtime, sleep: async () => {} },
    source: run.source,
    destination: run.destination,
    tableIds: run.tableIds ?? {},
    schema: run.schema,
    migrations: [],
    codeHash: run.codeHash,
    segments: run.segments,
    concurrency: 40,
    sliceSeconds: 900,
    isEmpty: async () => false,
  }
}
