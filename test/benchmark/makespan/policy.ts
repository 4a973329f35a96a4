import { PageSize } from '../../../shared/passes/slice/page-size.ts'

/** How a tool runs chunks. What they have in common, such as the number of segments, is not here. */
export interface Policy {
  name: string
  /** Seconds that a slice works before it ends by itself, or is ended. */
  sliceSeconds: number
  /** How a slice splits keys. No value: it never does. */
  split?: Splitting
  /**
   * What becomes of a heavy key that is not done when its slice ends: it continues, it begins again, or its two halves begin
   * again.
   */
  atLimit: 'resume' | 'restart' | 'halve'
  /** Tries of a chunk that begins again before the run fails. */
  tries?: number
}

export interface Splitting {
  /**
   * The clock by which a key is hot: that of the slice without its throttled time, or the wall's. The time of an item is always
   * measured without throttling.
   */
  clock: 'work' | 'wall'
  /** Splits only as far as there are slots to spare. */
  spare: boolean
}

export const limitMs = 900_000

/** The engine ends a slice when less than its reserve is left. A page that writes takes 5 seconds at most. */
function usableSeconds(): number {
  const pages = new PageSize(limitMs, { writes: true, isStuck: false })
  pages.observe(5_000)
  return (limitMs - pages.reserveMs) / 1_000
}

/** The engine as it is. */
export const segue: Policy = {
  name: 'Segue',
  sliceSeconds: usableSeconds(),
  split: { clock: 'work', spare: true },
  atLimit: 'resume',
}

/** The engine with another decision about splits. */
export const variants = {
  /** Proposed: where DynamoDB splits a key for heat, only ranges side by side make it do so. */
  byWallClock: { ...segue, name: 'by the wall clock', split: { clock: 'wall', spare: true } },
  /** What the engine did before it counted slots. */
  withoutSlots: { ...segue, name: 'slots not counted', split: { clock: 'work', spare: false } },
} satisfies Record<string, Policy>

export const others: Policy[] = [
  { name: 'resume only', sliceSeconds: usableSeconds(), atLimit: 'resume' },
  // opensearch-migrations: a worker whose shard is not done hands the rest over at 75 % of its lease.
  { name: 'hand over at 75 %', sliceSeconds: (0.75 * limitMs) / 1_000, atLimit: 'resume' },
  // GitLab's batched background migrations: a batch that times out is tried again as two halves.
  { name: 'halve on failure', sliceSeconds: limitMs / 1_000, atLimit: 'halve' },
  // DAWSON: one Lambda for each segment, without a cursor; four retries.
  { name: 'fixed segments', sliceSeconds: limitMs / 1_000, atLimit: 'restart', tries: 5 },
]
