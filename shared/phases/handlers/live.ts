import type { TableSchema } from '../../dynamodb/key.ts'
import type { RunRecord } from '../../ledger/runs.ts'
import { applyBatch } from '../../live/batch.ts'
import { liveFencing, permits } from '../../live/fencing.ts'
import type { StreamRecord } from '../../live/ports.ts'
import { liveEngine } from './engines.ts'
import type { Handler, LiveWorld, Migrating } from './world.ts'

/** Applies changes of the source as the stream delivers them. Any error makes the whole batch come again. */
export function liveHandler<E>(
  world: LiveWorld &
    Migrating & {
      /** The records of a batch, as the mapping hands it over. */
      recordsOf(batch: E, schema: TableSchema): StreamRecord[]
    },
): Handler<E, void> {
  const { ledger, options, codeHash, runtime, recordsOf } = world
  const fencing = liveFencing(ledger, options.destinationTable, codeHash, runtime.clock)
  return async (batch) => {
    const { run } = await fencing()
    const engine = (of: RunRecord) => liveEngine(world, of, permits(fencing))
    await applyBatch(recordsOf(batch, run.schema), { fencing, engine })
  }
}
