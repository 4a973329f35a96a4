import { segmentsFor } from '../chunks/segments.ts'
import { createChunks, listChunks, newChunk, type PassName, replaceChunk } from '../ledger/chunks.ts'
import { getRun, updateRun } from '../ledger/runs.ts'
import type { LedgerTable } from '../ledger/table.ts'
import type { Runtime } from '../runtime/ports.ts'
import type { ManifestStore } from './ports.ts'

export interface PlanEngine {
  ledger: LedgerTable
  manifests: ManifestStore
  runtime: Runtime
}

/**
 * Makes sure that the chunks of a pass exist and lists those with work left for its Map. On resume the list holds the
 * open leaves of the tree wherever they are; failed ones are opened again.
 */
export async function planPass(
  task: { run: string; fence: number; pass: PassName },
  { ledger, manifests, runtime }: PlanEngine,
): Promise<{ outcome: 'planned'; manifest: { bucket: string; key: string }; chunks: number }> {
  const { pass, fence } = task
  const run = await getRun(ledger, task.run)
  const now = runtime.clock()
  if (!run.planned) {
    const roots = segmentsFor(run.segments).map(({ id, chunk }) => newChunk(run.id, pass, id, chunk, now))
    await createChunks(ledger, roots)
  }
  await updateRun(ledger, run.id, (before) => ({ ...before, planned: true, phase: 'Copy' }))
  runtime.emit({ code: 'run.phase', run: run.id, phase: 'Copy' })
  const open: { chunk: string }[] = []
  for (const chunk of await listChunks(ledger, run.id, pass)) {
    if (chunk.state === 'failed') {
      const { reason: _, ...again } = chunk
      await replaceChunk(ledger, { ...again, state: 'open', updatedAt: now }, { epoch: chunk.epoch, state: 'failed' })
    } else if (chunk.state !== 'open') continue
    open.push({ chunk: chunk.id })
  }
  open.sort((a, b) => (a.chunk < b.chunk ? -1 : 1))
  const manifest = await manifests.write(`manifests/${run.id}/${pass}-${fence}.json`, open)
  return { outcome: 'planned', manifest, chunks: open.length }
}
