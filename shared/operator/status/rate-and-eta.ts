import type { Phase } from '../../ledger/passes.ts'
import type { Progress } from './read.ts'

/** The rate is an average over this time. Slices checkpoint every 5 s, so a shorter time would flicker. */
const windowMs = 60_000

/** What a watcher remembers between polls, by its own clock, which may differ from the ledger's. */
export interface Track {
  run: string
  /** Each phase has its own rate: an earlier phase may have waited without reading. */
  phase: Phase
  samples: { at: number; items: number }[]
  /** Changes whenever any chunk does. */
  mark: string
  /** When `mark` was first seen. */
  since: number
}

/** Adds one poll. */
export function track(before: Track | undefined, progress: Progress): Track {
  const { at, run, coverage } = progress
  const { phase } = run
  const { updatedAt, open, done, splits, failed, tallies } = coverage
  const mark = [updatedAt, open, done, splits, failed.length, tallies.read].join()
  const sample = { at, items: tallies.read }
  if (before?.run !== run.id || before.phase !== phase)
    return { run: run.id, phase, samples: [sample], mark, since: at }
  const oldest = before.samples.findLastIndex((each) => each.at <= at - windowMs)
  const samples = [...before.samples.slice(Math.max(0, oldest)), sample]
  return { run: run.id, phase, samples, mark, since: mark === before.mark ? before.since : at }
}

/** Items a second over the last minute; absent until two polls are a second apart. */
export function rateOf({ samples }: Track): number | undefined {
  const [first, last] = [samples[0], samples.at(-1)]
  if (!first || !last || last.at - first.at < 1_000) return undefined
  return ((last.items - first.items) / (last.at - first.at)) * 1000
}

/** How long the watcher has seen no chunk change, ms. */
export function stalledMs({ samples, since }: Track): number {
  return (samples.at(-1)?.at ?? since) - since
}

/** Milliseconds to the end of the pass at the present rate; absent while unknown. */
export function etaMs({ expected, coverage }: Progress, rate: number | undefined): number | undefined {
  const { read } = coverage.tallies
  // Past the expected number the total is unknown.
  if (coverage.complete || expected === undefined || expected <= read) return undefined
  if (rate === undefined || rate <= 0) return undefined
  return ((expected - read) / rate) * 1000
}
