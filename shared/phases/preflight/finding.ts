import { duration } from '../../runtime/text.ts'
import type { RefusalCode } from '../refusal.ts'

/** Whose a finding is, and since when. */
export interface Whose {
  /** Whoever did it. No value: unknown. */
  whose?: string
  /** Ms since the epoch. No value: unknown. */
  since?: number
}

interface What extends Whose {
  /** A sentence without its full stop. */
  what: string
  /** What to do, in sentences. */
  clear: string
  /** It could not be asked, so nothing is known. Such a finding never blocks. */
  unknown?: true
}

/** Whether a run would fail by it, and the code with which one that begins nevertheless is refused. */
type Blocks = { blocks: true; error: RefusalCode } | { blocks: false; error?: never }

/** What a probe makes of an answer. */
export type Found = What & {
  /** CloudTrail may know whose it is and since when: the last of these calls that names the table. */
  calls?: { events: readonly string[]; table: string }
} & Blocks

/**
 * What stands in the way of a run, or beside it. For people and programs; never holds item contents.
 * `probe` is its name in `docs/preflight.md`.
 */
export type Finding = What & { probe: string; blocks: boolean; error?: RefusalCode }

/** `since 2026-11-26T03:00:00Z (2h 3m), by arn:…`. */
export function whoseWords({ whose, since }: Whose, now: number): string {
  const time =
    since === undefined
      ? 'since an unknown time'
      : `since ${new Date(since).toISOString().replace(/\.\d+/, '')} (${duration(now - since)})`
  return `${time}, by ${whose ?? 'somebody unknown'}`
}
