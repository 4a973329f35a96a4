import { readCapture } from '../../../shared/ledger/capture.ts'
import type { RunRecord } from '../../../shared/ledger/runs.ts'
import { countApplied } from '../../../shared/live/applied.ts'
import type { Deployment } from '../deployment.ts'
import { releaseOf } from '../deployment.ts'
import { type Violation, violation } from '../violation.ts'

/** Once drain has said so: whether every change up to `past` (ms) that the stream shows has been applied. */
export async function checkDrained(
  run: RunRecord,
  past: number,
  { ledger, stream }: Deployment,
): Promise<Violation | undefined> {
  const { memory } = ledger
  const since = (await readCapture(memory, run.id))?.since ?? 0
  const migrations = releaseOf(run).migrations.filter(({ id }) => run.pending.includes(id))
  for (const record of stream.memory.records()) {
    if (record.at > past) continue
    const applied = await countApplied([record], { ledger: memory, run: run.id, schema: run.schema, migrations, since })
    if (applied === 0) return violation('undrained', `Drain has not waited for the change ${record.seq}`)
  }
  return undefined
}
