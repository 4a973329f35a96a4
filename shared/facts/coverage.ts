import { segmentId, wholeKeyId } from '../chunks/chunk.ts'
import { type ChunkRecord, type EachChunk, eachChunk } from '../ledger/chunks.ts'
import { type PassKind, passIdOf } from '../ledger/passes.ts'
import type { RunRecord } from '../ledger/runs.ts'
import type { LedgerTable } from '../ledger/table.ts'
import { type AliasTallies, addAliasTallies, addTallies, noTallies, type Tallies } from '../ledger/tallies.ts'

/** The progress of a pass, read from its chunk rows alone. */
export interface Coverage {
  /** Every segment exists, and every branch of the tree ends in a chunk that is done. */
  complete: boolean
  open: number
  failed: Pick<ChunkRecord, 'id' | 'reason'>[]
  done: number
  splits: number
  /** Ids without the row that they must have, in order. */
  missing: string[]
  tallies: Tallies
  /** The same of documents, by alias; empty for a pass that makes none. */
  aliases: AliasTallies
  /** If no slice is at work, no write of a slice can land after this time (ms). */
  lastDeadline: number
  /** When a row was written last, ms since the epoch; 0 without rows. */
  updatedAt: number
}

/** Adds up the chunks of a pass, visited one at a time and in any order. */
export interface Covering {
  add(chunk: ChunkRecord): void
  /** The coverage by the chunks added so far. */
  read(): Coverage
}

/**
 * A pass is done when the tree of its chunks covers the table, not when a queue looks empty. Holds no chunk: of the tree only the
 * ids whose row, or whose parent's row, is still to come.
 * @param segments number of root segments the run was planned with.
 * @param wholeKeys number of partition keys that are roots of their own.
 */
export function covering(segments: number, wholeKeys = 0): Covering {
  const awaited = new Set([
    ...Array.from({ length: segments }, (_, segment) => segmentId(segment)),
    ...Array.from({ length: wholeKeys }, (_, index) => wholeKeyId(index)),
  ])
  const early = new Set<string>()
  const failed: Coverage['failed'] = []
  let [open, done, splits, lastDeadline, updatedAt] = [0, 0, 0, 0, 0]
  let tallies = noTallies
  let aliases: AliasTallies = {}
  return {
    add(chunk) {
      if (!awaited.delete(chunk.id)) early.add(chunk.id)
      tallies = addTallies(tallies, chunk.tallies)
      if (chunk.aliases) aliases = addAliasTallies(aliases, chunk.aliases)
      lastDeadline = Math.max(lastDeadline, lastDeadlineOf(chunk))
      updatedAt = Math.max(updatedAt, chunk.updatedAt)
      switch (chunk.state) {
        case 'open':
          open++
          break
        case 'failed':
          failed.push({ id: chunk.id, ...(chunk.reason !== undefined && { reason: chunk.reason }) })
          break
        case 'done':
          done++
          break
        case 'split':
          splits++
          for (const id of chunk.children ?? []) if (!early.delete(id)) awaited.add(id)
      }
    },
    read() {
      const complete = open === 0 && failed.length === 0 && awaited.size === 0
      const missing = [...awaited].sort()
      return { complete, open, failed, done, splits, missing, tallies, aliases, lastDeadline, updatedAt }
    },
  }
}

/** As {@link covering}, for a pass of a run. */
export function coveringPass(
  run: Pick<RunRecord, 'segments' | 'verification' | 'index' | 'wholeKeys'>,
  kind: PassKind,
): Covering {
  return covering(run.segments, run.wholeKeys?.[passIdOf(run, kind)])
}

/** The coverage by these chunks. */
export function coverageOf(chunks: Iterable<ChunkRecord>, segments: number, wholeKeys = 0): Coverage {
  const all = covering(segments, wholeKeys)
  for (const chunk of chunks) all.add(chunk)
  return all.read()
}

/** The coverage of a pass, read from the ledger page by page. */
export async function readCoverage(
  ledger: LedgerTable,
  run: Pick<RunRecord, 'id' | 'segments' | 'verification' | 'index' | 'wholeKeys'>,
  kind: PassKind,
  each: EachChunk = (...which) => eachChunk(ledger, ...which),
): Promise<Coverage> {
  const all = coveringPass(run, kind)
  await each(run.id, passIdOf(run, kind), all.add)
  return all.read()
}

/** The hard deadline after which no slice of this chunk writes that did not confirm its drain, ms; 0 if all confirmed it. */
export function lastDeadlineOf({ deadline = 0, undrained = 0 }: ChunkRecord): number {
  return Math.max(deadline, undrained)
}

/** The tallies alone, of each pass. */
export function talliesOf<K extends PassKind>(coverages: Record<K, Coverage>): Record<K, Tallies> {
  const entries = Object.entries<Coverage>(coverages).map(([kind, { tallies }]) => [kind, tallies])
  return Object.fromEntries(entries) as Record<K, Tallies>
}

/** Time after a slice's hard deadline until its last request has certainly ended. */
export const graceMs = 60_000

/**
 * When the last write of a slice that did not confirm its drain must have landed (ms); `undefined` if all confirmed it.
 */
export function quietAfter({ lastDeadline }: Pick<Coverage, 'lastDeadline'>): number | undefined {
  return lastDeadline > 0 ? lastDeadline + graceMs : undefined
}
