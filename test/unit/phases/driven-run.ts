import { createChunks, newChunk } from '../../../shared/ledger/chunks.ts'
import { type Command, writeControl } from '../../../shared/ledger/control.ts'
import { type Lease, writeLease } from '../../../shared/ledger/lease.ts'
import { createRun, type RunRecord } from '../../../shared/ledger/runs.ts'
import { memoryLedgerTable } from '../../memory/ledger-table.ts'

export const runtime = { clock: () => 5, random: () => 0.5, sleep: async () => {}, emit: () => {} }

/** A run of one chunk, which execution `one` drives under fence 4. */
export const run = {
  ...{ id: 'r', state: 'running', phase: 'Copy', source: 's', destination: 'd', codeHash: 'code', pending: [] },
  ...{ schema: { pk: { name: 'pk', type: 'S' } }, segments: 1, split: true, offline: false, planned: true },
  ...{ execution: 'one', fence: 4, startedAt: 1 },
} as RunRecord
export const lease: Lease = { table: 'd', held: true, run: 'r', execution: 'one', fence: 4, since: 1 }
export const chunk = newChunk('r', 'copy', 's00000', { kind: 'segment', segment: 0, totalSegments: 1 }, 1)
export const task = { run: 'r', fence: 4 }

/** Its rows, with these changes, and the engine of a phase. */
export async function drivenRun(
  change: { run?: object; chunk?: object; control?: { command?: Command; quiet?: string; pauseAt?: number } } = {},
) {
  const ledger = memoryLedgerTable()
  await createRun(ledger, { ...run, ...change.run })
  await writeLease(ledger, undefined, lease)
  await writeControl(ledger, 'r', undefined, { command: 'run', fence: 4, ...change.control })
  await createChunks(ledger, [{ ...chunk, ...change.chunk }])
  const manifests = { write: async (key: string) => ({ bucket: 'b', key }) }
  return { ledger, engine: { ledger, runtime, manifests } }
}
