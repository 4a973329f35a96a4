import { segmentId } from '../chunks/chunk.ts'
import type { ChunkRecord } from '../ledger/chunks.ts'
import type { PassKind } from '../ledger/passes.ts'
import { addTallies, noTallies, type Tallies } from '../ledger/tallies.ts'

/** The progress of a pass, read from its chunk rows alone. */
export interface Coverage {
  /** Every segment exists, and every branch of the tree ends in a chunk that is done. */
  complete: boolean
  open: number
  failed: ChunkRecord[]
  done: number
  splits: number
  /** Ids without the row that they must have. */
  missing: string[]
  tallies: Tallies
  /** If no slice is at work, no write of a slice can land after this time (ms). */
  lastDeadline: number
}

/**
 * Reads the tree of chunks from its roots. A pass is done when its chunks cover the table, not when a queue looks
 * empty.
 * @param segments number of root segments the run was planned with.
 */
export function coverageOf(chunks: ChunkRecord[], segments: number): Coverage {
  const byId = new Map(chunks.map((chunk) => [chunk.id, chunk]))
  const coverage: Coverage = {
    complete: false,
    open: 0,
    failed: [],
    done: 0,
    splits: 0,
    missing: [],
    tallies: noTallies,
    lastDeadline: 0,
  }
  const visit = Array.from({ length: segments }, (_, segment) => segmentId(segment))
  for (let id = visit.pop(); id !== undefined; id = visit.pop()) {
    const chunk = byId.get(id)
    if (!chunk) {
      coverage.missing.push(id)
      continue
    }
    coverage.tallies = addTallies(coverage.tallies, chunk.tallies)
    coverage.lastDeadline = Math.max(coverage.lastDeadline, chunk.deadline ?? 0, chunk.undrained ?? 0)
    switch (chunk.state) {
      case 'open':
        coverage.open++
        break
      case 'failed':
        coverage.failed.push(chunk)
        break
      case 'done':
        coverage.done++
        break
      case 'split':
        coverage.splits++
        visit.push(...(chunk.children ?? []))
    }
  }
  coverage.complete = coverage.open === 0 && coverage.failed.length === 0 && coverage.missing.length === 0
  return coverage
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
export function quietAfter({ lastDeadline }: Coverage): number | undefined {
  return lastDeadline > 0 ? lastDeadline + graceMs : undefined
}
