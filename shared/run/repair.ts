import { encodeKey, type Key } from '../dynamodb/key.ts'
import { readControl } from '../ledger/control.ts'
import { type Difference, differenceShards, readDifferences } from '../ledger/differences.ts'
import { fitting, type Head, headPut, readHead } from '../ledger/heads.ts'
import { digest } from '../ledger/keys.ts'
import type { LiveEngine } from '../live/engine.ts'
import { LiveError } from '../live/errors.ts'
import { stopSign } from '../live/gate.ts'
import { listedPoison, poisonShards, recheckPoison } from '../live/poison.ts'
import { settleHead } from '../live/settle.ts'
import type { SettleEngine } from '../live/settle-walk.ts'
import { inParallel } from '../runtime/parallel.ts'
import { retry } from '../runtime/retry.ts'
import { type Halted, haltRun } from './halt.ts'
import { enterPhase } from './phase.ts'

/**
 * Where repairing stands: at a partition of the list of differences or, after them all, of the quarantine list; and
 * there after the key with this digest, in whose order both are. `''` is before the first.
 */
export interface RepairPlace {
  shard: number
  after: string
}

export type Repaired = { outcome: 'repaired' } | { outcome: 'more'; from: RepairPlace } | Halted

const atOnce = 16
const group = 64

/** Of a source item that no record has spoken for: older than every sequence number there is. */
const noSeq = '0'.repeat(40)

/**
 * Makes each destination key at which the last verification found a difference what its source items say now, by the
 * rules of settling: its head is marked contested, with every source item that makes it or may have made it, and settled.
 * Then takes cured items off the quarantine list. Doing it again is harmless.
 */
export async function repairRun(
  task: { run: string; fence: number; from: RepairPlace },
  engine: SettleEngine,
): Promise<Repaired> {
  const { ledger, runtime, deadline } = engine
  const run = await enterPhase(task.run, 'Repair', engine)
  const { quiet } = await readControl(ledger, run.id)
  if (quiet === undefined && !run.offline) {
    const cause = `Run ${run.id} is not quiet: copy may still write. Finish the run, then repair.`
    return haltRun({ ...task, error: 'not-quiet', cause }, engine)
  }
  // Each repair of an offline run is a quiet period of its own: nothing else ever settles there.
  const period = quiet ?? `repair.${task.fence}`
  const whyStop = stopSign(ledger, task, engine.codeHash, runtime.clock)
  const reserveMs = deadline.remainingMs() / 10
  const differences = readDifferences(ledger, run.id, run.verification?.number ?? 0)
  for (let { shard, after } = task.from; shard < differenceShards + poisonShards; shard++, after = '') {
    const all =
      shard < differenceShards ? repairs(await differences(shard), period, engine) : await rechecks(shard, engine)
    const work = all.filter(({ at }) => at > after)
    for (let i = 0; i === 0 || i < work.length; i += group) {
      const reason = await whyStop()
      if (reason) return haltRun({ ...task, error: reason, cause: `Repairing stopped: ${reason}.` }, engine)
      const now = work.slice(i, i + group)
      await inParallel(atOnce, now, ({ repair }) => repair())
      // Looked at after the work: however short the time, each invocation gets on.
      const last = i + group < work.length ? now.at(-1) : undefined
      if (deadline.remainingMs() < reserveMs)
        return { outcome: 'more', from: last ? { shard, after: last.at } : { shard: shard + 1, after: '' } }
    }
  }
  return { outcome: 'repaired' }
}

/** What there is to do at one key, and its digest. */
interface Repair {
  at: string
  repair: () => Promise<void>
}

/** A key that differs for several source items is repaired once, with all of them. */
function repairs(differences: Difference[], quiet: string, engine: LiveEngine): Repair[] {
  const byKey = Map.groupBy(differences, ({ key }) => digest(encodeKey(key)))
  return [...byKey].map(([at, same]) => ({
    at,
    repair: () =>
      repairKey(
        same[0]!.key,
        same.flatMap(({ sources }) => sources),
        quiet,
        engine,
      ),
  }))
}

/** With live changes settle and the appliers do this; offline only repair does. */
async function rechecks(shard: number, engine: LiveEngine): Promise<Repair[]> {
  const keys = await listedPoison(engine.ledger, engine.run, shard - differenceShards)
  return keys.map((key) => ({ at: digest(encodeKey(key)), repair: () => recheckPoison(key, engine) }))
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
