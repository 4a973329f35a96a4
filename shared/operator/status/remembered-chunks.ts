import { type ChunkRecord, type EachChunk, eachChunk } from '../../ledger/chunks.ts'
import type { LedgerTable } from '../../ledger/table.ts'

/**
 * A row that was written so long before the newest one known may have been under way when that was read, ms: clocks of functions
 * differ, and a write may be retried.
 */
const overlapMs = 30_000

/**
 * Chunks as a watcher reads them: every row the first time, and then what is new. A row that took longer than {@link overlapMs} to be
 * written is seen when its slice writes next, and its last writing with the next pass. See decision 16.
 */
export function rememberedChunks(ledger: LedgerTable): EachChunk {
  let known: { name: string; chunks: Map<string, ChunkRecord>; newest: number } | undefined
  return async (run, pass, visit) => {
    const name = `${run} ${pass}`
    const before = known?.name === name ? known : undefined
    const chunks = before?.chunks ?? new Map<string, ChunkRecord>()
    let newest = before?.newest ?? 0
    const changed = before && { newest, since: newest - overlapMs }
    const remember = (chunk: ChunkRecord) => {
      chunks.set(chunk.id, chunk)
      newest = Math.max(newest, chunk.updatedAt)
    }
    await eachChunk(ledger, run, pass, remember, changed)
    // Not where a page could not be read: the next reading must ask for what that page holds.
    known = { name, chunks, newest }
    for (const chunk of chunks.values()) await visit(chunk)
  }
}
