import type { Ending, Found } from '../../facts/findings.ts'
import type { Lag, LagGuard } from '../../ledger/lag.ts'
import type { PassKind, Phase, Side } from '../../ledger/passes.ts'
import type { RunState } from '../../ledger/states.ts'
import type { DifferenceGroup } from '../status/differences.ts'
import type { QuarantineGroup } from '../status/quarantine.ts'

/** How a run ended, the gravest first: if a report does not add up, nothing else in it is certain. */
export type ReportVerdict = 'does not add up' | 'not finished' | Ending

/** One sum of items: the parts must add up to `total`. `walk` is the kind of pass, the JSON's older word. */
export interface Sum {
  walk: PassKind
  side: Side
  /** Only of the documents of one alias. */
  alias?: string
  total: number
  parts: { [name: string]: number }
  closes: boolean
}

/** How far one pass covered its table. */
export interface PassSummary {
  walk: PassKind
  /** Every segment exists and every branch of the tree ends in a chunk that is done. */
  complete: boolean
  /** Items read. */
  read: number
  /** Capacity units of both tables that its slices took. */
  units: { read: number; write: number }
  chunks: { done: number; open: number; failed: number; split: number; missing: number }
}

/** Destination keys that live changes touched, by their present state. */
export interface LiveSummary {
  /** ISO 8601; `null` where the run never captured. */
  capturedSince: string | null
  /** When they were turned off on purpose, ISO 8601; `null` while they continue. */
  capturedUntil: string | null
  /** How far they were behind when last probed (`at`, ISO 8601), seconds, and why they are not applied at all; `null` where unknown. */
  lag: { seconds: number; guard: LagGuard; stopped: NonNullable<Lag['stopped']> | null; at: string } | null
  puts: number
  deletes: number
  /** Keys where a record lost to a newer one, or several source items met. */
  contested: number
  /** Deleted and contested keys that were reconciled with the source after the copy. */
  settled: number
  /** Deleted and contested keys that are not settled yet. */
  unsettled: number
}

export interface HeavyKeySummary {
  /** The key hidden: `key #` and six digits of its SHA-256. */
  key: string
  /** Items left when it was last split, in this run or an earlier one, as estimated then; `null` if not noted. */
  estimatedItems: number | null
  /** Items read in its ranges by this run's copy; `null` where this run did not split it. */
  read: number | null
  /** Ranges it was cut into. */
  ways: number
}

/**
 * The result of one run, read from the ledger alone. It holds no keys and no time of writing: the same ledger gives the same
 * bytes. Times are ISO 8601, durations seconds, unknown values `null`.
 */
export interface ReportContent {
  format: 1
  verdict: ReportVerdict
  /** Sentences about everything that does not add up. */
  problems: string[]
  run: {
    id: string
    state: RunState
    phase: Phase
    reason: string | null
    source: string
    destination: string
    migrations: string[]
    codeHash: string
    segments: number
    offline: boolean
    startedAt: string
    endedAt: string | null
  }
  walks: PassSummary[]
  sums: Sum[]
  /** The last verification; `listed` are its differences by kind and attribute names. */
  verification: ({ number: number; ended: boolean; listed: DifferenceGroup[] } & Omit<Found, 'quarantined'>) | null
  live: LiveSummary
  quarantined: { items: number; groups: QuarantineGroup[] }
  /** `seconds` is `null` for the last phase, and for an end. */
  phases: { phase: Phase; at: string; seconds: number | null }[]
  /** Stays of earlier verifications that the run's row no longer keeps. */
  phasesLeftOut: number
  /** `unordered`: tables that are not split, because their scans returned sort keys that do not ascend within a key. */
  splits: { splits: number; deepest: number; unordered: string[] }
  heavyKeys: HeavyKeySummary[]
}

export interface Report extends ReportContent {
  /** SHA-256, in hex, of the canonical JSON of everything else. */
  digest: string
}
