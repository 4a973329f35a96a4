/**
 * Events for the log and the metrics. Progress is read from the ledger instead: `status`, `watch` and the report never
 * depend on an event. Events carry ids and counts, never items; `key` fields are printed only on request.
 */
export type EngineEvent =
  | { code: 'slice.started'; run: string; chunk: string; epoch: number }
  | { code: 'slice.checkpoint'; run: string; chunk: string; tallies: Readonly<Record<string, number>> }
  | { code: 'slice.ended'; run: string; chunk: string; outcome: string; tallies: Readonly<Record<string, number>> }
  | { code: 'slice.fenced'; run: string; chunk: string; epoch: number }
  /** Its tables kept failing after it had made progress. The next slice continues. */
  | { code: 'slice.interrupted'; run: string; chunk: string; reason: string }
  | { code: 'chunk.split'; run: string; chunk: string; ways: number; estimatedItems: number; key: string }
  | { code: 'chunk.unsplittable'; run: string; chunk: string; reason: string; key: string }
  /** The scan of a table returned sort keys that do not ascend within a partition key; it is not split any more. */
  | { code: 'table.unordered'; run: string; chunk: string; table: string }
  | { code: 'chunk.failed'; run: string; chunk: string; reason: string }
  | { code: 'item.quarantined'; run: string; migration: string; reason: string; key: string }
  | { code: 'retry.waiting'; operation: string; attempt: number; waitMs: number; reason: string }
  /** What preflight found beside a run that begins nevertheless. */
  | { code: 'preflight.finding'; probe: string; what: string }
  /** What the watchdog measures every minute; see `config/gauges.ts`. */
  | { code: 'watchdog.gauges'; gauges: Readonly<Record<string, number>> }
  | { code: 'run.phase'; run: string; phase: string }
  | { code: 'live.batch'; run: string; records: number; lagMs: number }
  | { code: 'index.batch'; run: string; build: number; items: number; lagMs: number }
  /** Nothing is brought into a build of indices any more: its run must begin another one. */
  | { code: 'build.lost'; run: string; build: number; because: string }
  /** Several source items make one destination item; the one with the smallest encoded key was written. */
  | { code: 'item.collision'; run: string; sources: number; key: string }
