import type { Key } from '../dynamodb/key.ts'
import { enterPhase } from '../facts/phase.ts'
import { readControl } from '../ledger/control.ts'
import { countedRows, differenceOf, differenceShards } from '../ledger/differences.ts'
import { stopReason } from '../ledger/fencing.ts'
import { differenceShardPk } from '../ledger/keys.ts'
import type { RunRecord } from '../ledger/runs.ts'
import type { LiveEngine } from '../live/engine.ts'
import { type List, type ListPlace, workThrough } from '../live/list-work.ts'
import { quarantineLists, recheckQuarantined } from '../live/quarantine.ts'
import { contest, settleHead, tryRefused } from '../live/settle.ts'
import type { SettleEngine } from '../live/settle-all.ts'
import { type Ended, endStopped, haltRun } from './halt.ts'

export type Repaired = { outcome: 'repaired' } | { outcome: 'more'; from: ListPlace } | Ended

/**
 * Reconciles each destination key that the last verification flagged with its source items, by the rules of settling.
 * Marks its head contested, with every source item that makes it or may have made it, and settles it; deletes an orphan
 * that no source item makes. Then takes cured items off the quarantine list, as settle and the appliers do, and tries
 * those again that DynamoDB refused. Repeating it is harmless.
 */
export async function repairRun(
  task: { run: string; fence: number; from: ListPlace },
  engine: SettleEngine,
): Promise<Repaired> {
  const { ledger, runtime } = engine
  const run = await enterPhase(task, 'Repair', engine)
  const { quiet } = await readControl(ledger, run.id)
  if (quiet === undefined && !run.offline) {
    const cause = `Run ${run.id} is not quiet: copy may still write. Finish the run, then repair.`
    return haltRun({ ...task, error: 'not-quiet', cause }, engine)
  }
  // A run that finished before offline runs settled has no quiet period: each repair is one of its own.
  const period = quiet ?? `repair.${task.fence}`
  const whyStop = stopReason(ledger, task, engine.code, runtime.clock)
  const recheck = async (key: Key) => {
    await recheckQuarantined(key, engine)
    await tryRefused(key, period, engine)
  }
  const lists = [...differenceLists(run, period, engine), ...quarantineLists(engine, recheck)]
  const result = await workThrough(lists, task.from, { ...engine, whyStop })
  switch (result.outcome) {
    case 'done':
      return { outcome: 'repaired' }
    case 'more':
      return result
    case 'stopped':
      return endStopped(task, 'Repairing', result.reason, engine)
  }
}

/**
 * A key that differs for several source items is repaired once, with all of them. If a page ends between them it is
 * repaired twice: its head keeps the source items of the first time.
 */
function differenceLists({ id, verification }: RunRecord, quiet: string, engine: LiveEngine): List[] {
  const counted = countedRows(engine.ledger, id)
  return Array.from({ length: differenceShards }, (_, shard) => ({
    pk: differenceShardPk(id, verification?.number ?? 0, shard),
    async workOf(rows) {
      const byKey = Map.groupBy(await counted(rows), ({ key }) => key as string)
      return [...byKey.values()].map((same) => {
        const { key } = differenceOf(same[0]!)
        const sources = same.flatMap((row) => differenceOf(row).sources)
        return { at: same.at(-1)!.sk, work: () => repairKey(key, sources, quiet, engine) }
      })
    },
  }))
}

async function repairKey(key: Key, sources: Key[], quiet: string, engine: LiveEngine): Promise<void> {
  await contest(key, sources, engine)
  await settleHead(key, quiet, engine)
}
