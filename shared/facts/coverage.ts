import { segmentId } from '../chunks/chunk.ts'
import type { ChunkRecord } from '../ledger/chunks.ts'
import type { PassKind } from '../ledger/passes.ts'
import { addTallies, noTallies, type Tallies } from '../ledger/tallies.ts'

/** Where a pass stands, read from its chunk rows and nothing else. */
export interface Coverage {
  /** Every segment exists and every branch of the tree ends in a chunk that is done. */
  complete: boolean
  open: number
  failed: ChunkRecord[]
  done: number
  splits: number
  /** Ids that ought to have a row and have none. */
  missing: string[]
  tallies: Tallies
  /** No write of a slice that started so far can land after this time (ms), unless a slice is at work. */
  lastDeadline: number
}

/**
 * Walks the tree from its roots: done means covered, never that something looks empty.
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

/** After a slice's hard deadline, how long until its last request has surely been answered. */
export const graceMs = 60_000

/** When the last write of a slice that never said it had drained must have landed (ms); absent when all have said so. */
export function quietAfter({ lastDeadline }: Coverage): number | undefined {
  return lastDeadline > 0 ? lastDeadline + graceMs : undefined
}
