import { encodeKey } from '../dynamodb/key.ts'
import type { RunRecord } from '../ledger/runs.ts'
import { applyRecord } from './apply.ts'
import { coalesce } from './changes.ts'
import type { LiveEngine } from './engine.ts'
import { LiveError } from './errors.ts'
import type { LiveFencing } from './fencing.ts'
import type { StreamRecord } from './ports.ts'

/** Source items processed at once: their records are independent, and each waits for a few round trips. */
const itemsAtOnce = 16

export interface BatchEngine {
  fencing: LiveFencing
  /** Made for the run that the batch then belongs to: by the time it is made, another may have begun. */
  engine: (run: RunRecord) => LiveEngine | Promise<LiveEngine>
}

/**
 * Applies a batch of records: the records of one source item combined into one, different items side by side. An item
 * that cannot be migrated is quarantined, and the others continue.
 * @throws the first failure, once everything in flight has ended. Nothing of the batch is then acknowledged, so all of
 * it comes again, which is harmless.
 */
export async function applyBatch(records: StreamRecord[], { fencing, engine }: BatchEngine): Promise<void> {
  if (records.length === 0) return
  const { run, since } = await fencing()
  const live = await engine(run)
  const current = records.filter(({ at }) => at >= since)
  const groups = Map.groupBy(current, ({ key }) => encodeKey(key)).values()
  const failures: unknown[] = []
  const worker = async () => {
    for (const group of groups) {
      for (const { record, changes } of coalesce(group, live)) {
        if (failures.length > 0) return
        const permit = await fencing()
        // A batch that outlives its run must not write into the destination of the next run with heads of the old one.
        if (permit.run.id !== run.id)
          throw new LiveError(
            'fenced',
            `Run ${permit.run.id} has replaced run ${run.id}. The change comes again for it.`,
          )
        await applyRecord(record, live, permit.quiet, changes)
      }
    }
  }
  const guarded = () => worker().catch((error) => void failures.push(error))
  await Promise.all(Array.from({ length: itemsAtOnce }, guarded))
  if (failures.length > 0) throw failures[0]
  const oldest = Math.min(...records.map(({ at }) => at))
  live.runtime.emit({
    code: 'live.batch',
    run: run.id,
    records: records.length,
    lagMs: Math.max(0, live.runtime.clock() - oldest),
  })
}
