import { backupJobs, backups, exports, scaling, timeToLive } from './beside.ts'
import { checklist, notEmpty, slowPages } from './destination.ts'
import type { Probe, RunSubject } from './probe.ts'
import { anotherRun, changesLost } from './runs.ts'
import { stream, streamReaders } from './stream.ts'
import { backfilling, keysDiffer, replicas, sameTable, strongReplicas, tableState } from './tables.ts'

/** What is asked of the tables, the ledger and the request, one after another. */
export const ownProbes = {
  'same table': sameTable,
  'table state': tableState,
  'strong replicas': strongReplicas,
  keys: keysDiffer,
  stream,
  'destination items': notEmpty,
  'slow source': slowPages,
  checklist,
} as const satisfies Record<string, Probe>

/** What is asked of services alone, side by side: a time limit of each in turn would take longer than the function may. */
export const besideProbes = {
  'time to live': timeToLive,
  'stream readers': streamReaders,
  'index build': backfilling,
  backups,
  exports,
  'backup jobs': backupJobs,
  'auto scaling': scaling,
  replicas,
} as const satisfies Record<string, Probe>

/** What a run's first state asks, in this order: the first finding that blocks refuses the run. `segue preflight` asks it, too. */
export const probes = { ...ownProbes, ...besideProbes }

/** What `segue preflight` asks besides. In a run Lease decides it, in one transaction with taking the lease. */
export const runProbes = {
  'another run': anotherRun,
  'changes lost': changesLost,
} as const satisfies Record<string, Probe<RunSubject>>
