import { type ChunkRecord, getChunk, replaceChunk } from '../ledger/chunks.ts'
import type { PassId } from '../ledger/passes.ts'
import type { LedgerTable } from '../ledger/table.ts'
import type { Runtime } from '../runtime/ports.ts'

/** Marks a chunk failed once the retries of its slice have ended; the others go on. A chunk that ended otherwise stays. */
export async function failChunk(
  task: { run: string; pass: PassId; chunk: string; fence: number; reason: string },
  { ledger, runtime }: { ledger: LedgerTable; runtime: Runtime },
): Promise<{ outcome: 'failed' | 'unchanged' }> {
  for (let tries = 0; tries < 5; tries++) {
    const chunk = await getChunk(ledger, task.run, task.pass, task.chunk)
    if (chunk?.state !== 'open' || chunk.fence > task.fence) return { outcome: 'unchanged' }
    // The epoch rises too: a slice that is still writing somewhere must not go on checkpointing a failed chunk.
    const failed: ChunkRecord = {
      ...chunk,
      state: 'failed',
      epoch: chunk.epoch + 1,
      starts: [...chunk.starts, chunk.tallies.read],
      reason: task.reason,
      updatedAt: runtime.clock(),
    }
    if (await replaceChunk(ledger, failed, { epoch: chunk.epoch, state: 'open' })) {
      runtime.emit({ code: 'chunk.failed', run: task.run, chunk: task.chunk, reason: task.reason })
      return { outcome: 'failed' }
    }
  }
  return { outcome: 'unchanged' }
}
