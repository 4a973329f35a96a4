import type { RunRecord } from '../../shared/ledger/runs.ts'
import { getRun } from '../../shared/ledger/runs.ts'
import { applyBatch } from '../../shared/live/batch.ts'
import type { DrainEngine } from '../../shared/live/drain.ts'
import type { LiveEngine } from '../../shared/live/engine.ts'
import { LiveError } from '../../shared/live/errors.ts'
import { continueUnless, type LiveFencing, liveFencing, permits, stopReason } from '../../shared/live/fencing.ts'
import type { ListPlace } from '../../shared/live/list-walk.ts'
import { retryingLiveTables, retryingStream } from '../../shared/live/retrying.ts'
import { captureRun } from '../../shared/phases/capture.ts'
import { drainRun } from '../../shared/phases/drain.ts'
import { followRun } from '../../shared/phases/monitor-stream.ts'
import { repairRun } from '../../shared/phases/repair.ts'
import { settleRun } from '../../shared/phases/settle.ts'
import type { ShouldContinue } from '../../shared/runtime/retry.ts'
import { checkDrained } from './checks/drained.ts'
import { type Deployment, destinationTable, engineIn, type Handler, open, releaseOf } from './deployment.ts'
import type { Sandbox } from './lambda/sandbox.ts'
import type { Context } from './lambda/service.ts'
import { slackMs } from './settings.ts'
import { liveTablesIn } from './stores/live-tables.ts'
import { mappingIn } from './stores/mapping.ts'
import { streamIn } from './stores/stream.ts'

interface Task {
  run: string
  fence: number
}

/** The functions that live changes need, wired as `functions/` does. */
export function liveHandlers(deployment: Deployment) {
  const { world } = deployment
  const fencings = new WeakMap<Sandbox, { fencing: LiveFencing; codeHash: string }>()
  /** Made once for each environment, as it is in the module of the function; a deployment makes new environments. */
  const fencingOf = (sandbox: Sandbox) => {
    const { codeHash } = deployment.release
    const made = fencings.get(sandbox)
    if (made?.codeHash === codeHash) return made.fencing
    const { ledger, runtime } = engineIn(deployment, sandbox)
    const fencing = liveFencing(ledger, destinationTable, codeHash, runtime.clock)
    fencings.set(sandbox, { fencing, codeHash })
    return fencing
  }
  const running = async (task: Task, sandbox: Sandbox, context: Context) => {
    const { ledger, runtime } = engineIn(deployment, sandbox)
    const run = await getRun(ledger, task.run)
    const { codeHash } = releaseOf(run)
    return {
      ...liveEngine(deployment, run, sandbox, continueUnless(stopReason(ledger, task, codeHash, runtime.clock))),
      deadline: { remainingMs: () => context.getRemainingTimeInMillis() },
      codeHash,
    }
  }
  const handlers = {
    capture: (payload, sandbox) => {
      const { ledger, runtime } = engineIn(deployment, sandbox)
      const mapping = mappingIn(world, sandbox, deployment.mapping())
      const stream = retryingStream(streamIn(world, sandbox, deployment.stream), runtime)
      const task = payload as unknown as Task
      return captureRun(task, { ledger, runtime, stream, mapping, clock: runtime.clock, slackMs })
    },
    async live({ batch }, sandbox) {
      const fencing = fencingOf(sandbox)
      try {
        const { run } = await fencing()
        const engine = liveEngine(deployment, run, sandbox, permits(fencing))
        return await applyBatch(deployment.mapping().recordsOf(batch as number), { fencing, engine: () => engine })
      } catch (error) {
        if (error instanceof LiveError && error.code === 'capture-off')
          world.hit('path: change refused, capture is off')
        throw error
      }
    },
    async drain(payload, sandbox, context) {
      const task = payload as unknown as Task & { past: number }
      const drained = await drainRun(task, await streamEngine(deployment, task.run, sandbox, context))
      world.hit(`drain: ${drained.outcome}`)
      if (drained.outcome === 'drained') {
        const undrained = await checkDrained(await getRun(deployment.ledger.memory, task.run), task.past, deployment)
        if (undrained) world.violated(undrained)
      }
      return drained
    },
    follow(_, sandbox, context) {
      const mapping = mappingIn(world, sandbox, deployment.mapping())
      return followRun(destinationTable, engineIn(deployment, sandbox).ledger, mapping, async (run) => ({
        ...(await streamEngine(deployment, run, sandbox, context)),
        codeHash: deployment.release.codeHash,
      }))
    },
    async settle(payload, sandbox, context) {
      const task = payload as unknown as Task & { from: ListPlace }
      const settled = await settleRun(task, await running(task, sandbox, context))
      world.hit(`settle: ${settled.outcome}`)
      return settled
    },
    async repair(payload, sandbox, context) {
      const task = payload as unknown as Task & { from: ListPlace }
      const repaired = await repairRun(task, await running(task, sandbox, context))
      world.hit(`repair: ${repaired.outcome}`)
      return repaired
    },
  } satisfies Record<string, Handler>
  return handlers
}

function liveEngine(
  deployment: Deployment,
  run: RunRecord,
  sandbox: Sandbox,
  shouldContinue?: ShouldContinue,
): LiveEngine {
  const { world, source, destination, ledger: store } = deployment
  const { ledger, runtime } = engineIn(deployment, sandbox)
  const tables = liveTablesIn(world, sandbox, destination, store)
  return {
    run: run.id,
    schema: run.schema,
    migrations: releaseOf(run).migrations.filter(({ id }) => run.pending.includes(id)),
    source: open(deployment, sandbox, source, shouldContinue),
    tables: retryingLiveTables(tables, ledger, runtime, shouldContinue),
    ledger,
    // Events of live changes are counted like all others.
    runtime: runtime as LiveEngine['runtime'],
  }
}

async function streamEngine(
  deployment: Deployment,
  id: string,
  sandbox: Sandbox,
  context: Context,
): Promise<DrainEngine> {
  const { world } = deployment
  const { ledger } = engineIn(deployment, sandbox)
  const run = await getRun(ledger, id)
  const engine = liveEngine(deployment, run, sandbox)
  return {
    ...engine,
    codeHash: releaseOf(run).codeHash,
    stream: retryingStream(streamIn(world, sandbox, deployment.stream), engine.runtime),
    silenceMs: world.settings.silenceSeconds * 1000,
    slackMs,
    deadline: { remainingMs: () => context.getRemainingTimeInMillis() },
  }
}
