import { encodeKey, type Key } from '../dynamodb/key.ts'
import { enterPhase } from '../facts/phase.ts'
import { readControl } from '../ledger/control.ts'
import { countedRows, differenceOf, differenceShards } from '../ledger/differences.ts'
import { stopReason } from '../ledger/fencing.ts'
import { fitting, type Head, headPut, readHead } from '../ledger/heads.ts'
import { differenceShardPk } from '../ledger/keys.ts'
import type { RunRecord } from '../ledger/runs.ts'
import type { LiveEngine } from '../live/engine.ts'
import { LiveError } from '../live/errors.ts'
import { type List, type ListPlace, walkLists } from '../live/list-walk.ts'
import { quarantineLists } from '../live/quarantine.ts'
import { settleHead } from '../live/settle.ts'
import type { SettleEngine } from '../live/settle-walk.ts'
import { retry } from '../runtime/retry.ts'
import { type Halted, haltRun, haltStopped } from './halt.ts'

export type Repaired = { outcome: 'repaired' } | { outcome: 'more'; from: ListPlace } | Halted

/** Of a source item that no record has spoken for: older than every sequence number there is. */
const noSeq = '0'.repeat(40)

/**
 * Makes each destination key at which the last verification found a difference what its source items say now, by the
 * rules of settling: its head is marked contested, with every source item that makes it or may have made it, and settled;
 * an orphan that none of them makes is deleted. Then takes cured items off the quarantine list: with live changes settle
 * and the appliers do this, offline only repair does. Doing it again is harmless.
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
  // Each repair of an offline run is a quiet period of its own: nothing else ever settles there.
  const period = quiet ?? `repair.${task.fence}`
  const whyStop = stopReason(ledger, task, engine.codeHash, runtime.clock)
  const lists = [...differenceLists(run, period, engine), ...quarantineLists(engine)]
  const walked = await walkLists(lists, task.from, { ...engine, whyStop })
  switch (walked.outcome) {
    case 'done':
      return { outcome: 'repaired' }
    case 'more':
      return walked
    case 'stopped':
      return haltStopped(task, 'Repairing', walked.reason, engine)
  }
}

/**
 * A key that differs for several source items is repaired once, with all of them; twice where a page ends between them: its
 * head keeps those of the first time.
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
  const { ledger, run, runtime, tables } = engine
  const suspects = Object.fromEntries(sources.map((source) => [encodeKey(source), noSeq]))
  await retry<void>(
    'contest for repair',
    runtime,
    async () => {
      const head = await readHead(ledger, run, key)
      const { settled: _, ...before }: Head = head ?? { key, op: 'put', sources: {}, contested: true, version: 0 }
      const next: Head = {
        ...before,
        sources: fitting({ ...suspects, ...before.sources }),
        contested: true,
        version: before.version + 1,
      }
      const marked = await tables.commit(headPut(run, next, head, runtime.clock()))
      return marked ? { done: undefined } : { again: 'its head changed' }
    },
    (reason) => new LiveError('contended', `A destination key could not be repaired: ${reason}. Repair again.`),
  )
  await settleHead(key, quiet, engine)
}
