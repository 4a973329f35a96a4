import { type ChunkRecord, getChunk, replaceChunk } from '../ledger/chunks.ts'
import { compareAndSet } from '../ledger/compare-and-set.ts'
import { readControl } from '../ledger/control.ts'
import type { PassId } from '../ledger/passes.ts'
import type { LedgerTable } from '../ledger/table.ts'
import type { Runtime } from '../runtime/ports.ts'

/**
 * Marks a chunk failed once the retries of its slice have ended; other chunks continue. A chunk that has already ended
 * otherwise stays as it is.
 */
export async function failChunk(
  task: { run: string; pass: PassId; chunk: string; fence: number; reason: string },
  { ledger, runtime }: { ledger: LedgerTable; runtime: Runtime },
): Promise<{ outcome: 'failed' | 'unchanged' }> {
  return compareAndSet<{ outcome: 'failed' | 'unchanged' }>(`Chunk ${task.chunk} of run ${task.run}`, async () => {
    // An execution that has ended fails no chunk of the one that drives the run now.
    if ((await readControl(ledger, task.run)).fence !== task.fence) return { done: { outcome: 'unchanged' } }
    const chunk = await getChunk(ledger, task.run, task.pass, task.chunk)
    if (chunk?.state !== 'open' || chunk.fence > task.fence) return { done: { outcome: 'unchanged' } }
    // Raises the epoch too: a slice that still writes must not checkpoint a failed chunk.
    const failed: ChunkRecord = {
      ...chunk,
      state: 'failed',
      epoch: chunk.epoch + 1,
      starts: [...chunk.starts, chunk.tallies.read],
      reason: task.reason,
      updatedAt: runtime.clock(),
    }
    if (!(await replaceChunk(ledger, failed, { epoch: chunk.epoch, state: 'open' }))) return undefined
    runtime.emit({ code: 'chunk.failed', run: task.run, chunk: task.chunk, reason: task.reason })
    return { done: { outcome: 'failed' } }
  })
}
