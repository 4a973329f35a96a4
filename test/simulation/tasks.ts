import { type FunctionName, forEachFunction, limitsOf } from '../../shared/config/functions-and-permissions.ts'
import { LiveError } from '../../shared/live/errors.ts'
import { buryHandler } from '../../shared/phases/handlers/bury.ts'
import { captureHandler } from '../../shared/phases/handlers/capture.ts'
import { checkPassHandler } from '../../shared/phases/handlers/check-pass.ts'
import { drainHandler } from '../../shared/phases/handlers/drain.ts'
import { failChunkHandler } from '../../shared/phases/handlers/fail-chunk.ts'
import { finishHandler } from '../../shared/phases/handlers/finish.ts'
import { haltHandler } from '../../shared/phases/handlers/halt.ts'
import { indexFeedHandler } from '../../shared/phases/handlers/index-feed.ts'
import { leaseHandler } from '../../shared/phases/handlers/lease.ts'
import { liveHandler } from '../../shared/phases/handlers/live.ts'
import { monitorStreamHandler } from '../../shared/phases/handlers/monitor-stream.ts'
import { planHandler } from '../../shared/phases/handlers/plan.ts'
import { preflightHandler } from '../../shared/phases/handlers/preflight.ts'
import { prepareIndexHandler } from '../../shared/phases/handlers/prepare-index.ts'
import { repairHandler } from '../../shared/phases/handlers/repair.ts'
import { settleHandler } from '../../shared/phases/handlers/settle.ts'
import { sliceHandler } from '../../shared/phases/handlers/slice.ts'
import { sweepHandler } from '../../shared/phases/handlers/watchdog.ts'
import type { Handler } from '../../shared/phases/handlers/world.ts'
import { checkDrained } from './checks/drained.ts'
import type { Deployment, Release } from './deployment.ts'
import { type Environment, environmentIn, optionsOf } from './environment.ts'
import type { JsonObject } from './interpreter/json.ts'
import type { Sandbox } from './lambda/sandbox.ts'
import type { Lambda } from './lambda/service.ts'
import { permitted } from './permissions.ts'
import type { Batch } from './stores/mapping.ts'

/** The handlers that `functions/` wires, by the table of functions. */
const handlers: Record<FunctionName, (world: Environment) => Handler<never, unknown>> = {
  preflight: preflightHandler,
  lease: leaseHandler,
  capture: captureHandler,
  plan: planHandler,
  slice: sliceHandler,
  'fail-chunk': failChunkHandler,
  'check-pass': checkPassHandler,
  live: liveHandler<Batch>,
  'index-feed': indexFeedHandler<Batch>,
  drain: drainHandler,
  'monitor-stream': monitorStreamHandler,
  settle: settleHandler,
  repair: repairHandler,
  'prepare-index': prepareIndexHandler,
  bury: buryHandler,
  finish: finishHandler,
  // What it tells people, the checks let it tell: without the faults of this world, whose dice it would use up.
  watchdog: sweepHandler,
  halt: haltHandler,
}

/**
 * Every function of a deployment, under the limits it is deployed with; some are shorter, so that time runs out.
 * @param release what it is published with. @default what is deployed when it is invoked
 */
export function lambdasOf(deployment: Deployment, release?: Release): Record<FunctionName, Lambda> {
  const { settings } = deployment.world
  const shorter: Partial<Record<FunctionName, number>> = {
    live: settings.liveSeconds,
    'index-feed': settings.liveSeconds,
    drain: settings.drainSeconds,
    settle: settings.settleSeconds,
    repair: settings.repairSeconds,
  }
  const options = optionsOf(deployment.world)
  return forEachFunction((name) => {
    const { seconds, reserved } = limitsOf(name, options)
    const handle = handlerOf(name, deployment, release)
    return {
      name,
      seconds: shorter[name] ?? seconds,
      ...(reserved !== undefined && { reserved }),
      async handler(payload, sandbox, context) {
        const work = await handle(sandbox)
        const deadline = { remainingMs: () => context.getRemainingTimeInMillis() }
        const answer = await work(payload as never, deadline).catch((error) => refused(error, deployment))
        observe(name, payload, answer, deployment)
        return answer
      },
    }
  })
}

/** A handler is made once for each process; a deployment makes new ones. */
function handlerOf(name: FunctionName, deployment: Deployment, published: Release | undefined) {
  const made = new WeakMap<Sandbox, Map<string, Handler<never, unknown>>>()
  return async (sandbox: Sandbox) => {
    const release = published ?? deployment.release
    const known = made.get(sandbox) ?? new Map<string, Handler<never, unknown>>()
    made.set(sandbox, known)
    const environmentOf = (of: Release) => permitted(environmentIn(deployment, sandbox, of), name, deployment.world)
    const handler = known.get(release.codeHash) ?? handlers[name](environmentOf(release))
    known.set(release.codeHash, handler)
    return handler
  }
}

function refused(error: unknown, { world }: Deployment): never {
  if (LiveError.is(error) && error.code === 'capture-off') world.hit('path: change refused, capture is off')
  throw error
}

/** Notes what was answered, and checks what the answer promises. */
function observe(name: FunctionName, payload: JsonObject, answer: unknown, deployment: Deployment): void {
  if (name !== 'drain' && name !== 'settle' && name !== 'repair') return
  const { outcome } = answer as { outcome: string }
  const isIndex = payload.feed === 'index'
  deployment.world.hit(`${name}${isIndex ? ' index' : ''}: ${outcome}`)
  if (isIndex) return
  const undrained =
    outcome === 'drained' ? checkDrained(payload.run as string, payload.past as number, deployment) : undefined
  if (undrained) deployment.world.violated(undrained)
}
