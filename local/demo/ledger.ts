import { depthOf } from '../../shared/chunks/chunk.ts'
import { encodeKey } from '../../shared/dynamodb/key.ts'
import { type ChunkRecord, listChunks } from '../../shared/ledger/chunks.ts'
import { readLease } from '../../shared/ledger/lease.ts'
import { listQuarantine } from '../../shared/ledger/quarantine.ts'
import { getRun, type RunRecord } from '../../shared/ledger/runs.ts'
import { sdkLedgerTable } from '../../shared/ledger/sdk-table.ts'
import type { Stack } from './stack.ts'

/** The stack's last run, as the ledger has it. */
export interface Remembered {
  run: RunRecord
  chunks: ChunkRecord[]
  /** Encoded keys. */
  quarantined: string[]
}

export async function remembered({ dynamodb, ledger, destination }: Stack): Promise<Remembered> {
  const table = sdkLedgerTable(dynamodb, ledger)
  const lease = await readLease(table, destination)
  if (!lease) throw new Error(`Expected a run into ${destination}, got none.`)
  const [run, chunks, quarantine] = await Promise.all([
    getRun(table, lease.run),
    listChunks(table, lease.run, 'copy'),
    listQuarantine(table, lease.run),
  ])
  return { run, chunks, quarantined: quarantine.map(({ key }) => encodeKey(key)) }
}

/**
 * Seconds from the first slice of the segment that holds the hot key to the end of its last chunk, with and without splits.
 * The hot key's segment is the one with the most items.
 */
export function hotKeySeconds(chunks: readonly ChunkRecord[]): number {
  const trees = Map.groupBy(chunks, ({ id }) => id.split('.')[0])
  const items = (tree: ChunkRecord[]) => tree.reduce((sum, { tallies }) => sum + tallies.read, 0)
  const [hot = []] = [...trees.values()].sort((a, b) => items(b) - items(a))
  const start = Math.min(...hot.map(({ startedAt, updatedAt }) => startedAt ?? updatedAt))
  return (Math.max(...hot.map(({ updatedAt }) => updatedAt)) - start) / 1000
}

export function maxDepth(chunks: readonly ChunkRecord[]): number {
  return Math.max(0, ...chunks.map(({ id }) => depthOf(id)))
}
