import { encodeKey } from '../dynamodb/key.ts'
import { readControl } from '../ledger/control.ts'
import { type Difference, listDifferences } from '../ledger/differences.ts'
import { type Head, headPut, readHead } from '../ledger/heads.ts'
import type { LiveEngine } from '../live/engine.ts'
import { LiveError } from '../live/errors.ts'
import { stopSign } from '../live/gate.ts'
import { settleHead } from '../live/settle.ts'
import type { SettleEngine } from '../live/settle-walk.ts'
import { inParallel } from '../runtime/parallel.ts'
import { retry } from '../runtime/retry.ts'
import { type Halted, haltRun } from './halt.ts'
import { enterPhase } from './phase.ts'

export type Repaired = { outcome: 'repaired'; keys: number } | { outcome: 'more' } | Halted

const atOnce = 16
const group = 64

/** Of a source item that no record has spoken for: older than every sequence number there is. */
const noSeq = '0'.repeat(40)

/**
 * Makes each destination key at which the last verification found a difference what its source items say now, by the
 * rules of settling: its head is marked contested, with every source item that makes it or may have made it, and settled.
 * Doing it again is harmless.
 */
export async function repairRun(task: { run: string; fence: number }, engine: SettleEngine): Promise<Repaired> {
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
  const differences = await listDifferences(ledger, run.id, run.verification?.number ?? 0)
  for (let i = 0; i < differences.length; i += group) {
    const reason = await whyStop()
    if (reason) return haltRun({ ...task, error: reason, cause: `Repairing stopped: ${reason}.` }, engine)
    if (i > 0 && deadline.remainingMs() < reserveMs) return { outcome: 'more' }
    await inParallel(atOnce, differences.slice(i, i + group), (difference) => repairKey(difference, period, engine))
  }
  return { outcome: 'repaired', keys: differences.length }
}

async function repairKey({ key, sources }: Difference, quiet: string, engine: LiveEngine): Promise<void> {
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
        sources: { ...suspects, ...before.sources },
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
