import { DynamoDbError } from '../dynamodb/errors.ts'
import type { EachChunk } from '../ledger/chunks.ts'
import type { OperatorEngine } from './engine.ts'
import { lostRun } from './errors.ts'
import { noRun } from './last-run.ts'
import { expectedItems } from './status/expected-items.ts'
import { type Track, track } from './status/rate-and-eta.ts'
import { type Expect, type Progress, type Reading, readProgress, type Target } from './status/read.ts'
import { rememberedChunks } from './status/remembered-chunks.ts'
import { underWay } from './under-way.ts'

/** What a watcher sees at one moment. */
export type Sight =
  | { kind: 'run'; progress: Progress; seen: Track }
  | Extract<Reading, { kind: 'starting' | 'refused' }>
  /** AWS does not respond; the run itself may be well. `gaveUp`: the watcher ends after waiting this long, ms. */
  | { kind: 'unreachable'; reason: string; gaveUp?: number }

export interface WatchOptions {
  /** What to watch. @default the execution under way, else the last run */
  target?: Target
  /** The watcher ends after this time, whatever it sees, ms. @default when the run ends */
  forMs?: number
  everyMs: number
  /** How long AWS may fail to respond before the watcher gives up. */
  giveUpMs: number
}

/**
 * Watches a run to its end, or until AWS has not responded for `giveUpMs`: the last sight says which.
 * @throws OperatorError `no-run` if there is no run to watch; LostSight for an error after there was one.
 */
export async function* watchRun(engine: OperatorEngine, options: WatchOptions): AsyncGenerator<Sight> {
  const { runtime, deployment } = engine
  const expect = expectedItems(engine)
  const eachChunk = rememberedChunks(engine.ledger)
  let { target } = options
  let seen: Track | undefined
  let beganAt: number | undefined
  let respondedAt = runtime.clock()
  for (;;) {
    const reading = await readOnce(engine, target, { expect, eachChunk })
    // The clock is that of DynamoDB's responses, once there is one.
    beganAt ??= runtime.clock()
    if (reading.kind === 'none') throw noRun(deployment)
    if (reading.kind === 'unreachable') {
      const silentMs = runtime.clock() - respondedAt
      if (silentMs >= options.giveUpMs) {
        yield { ...reading, gaveUp: silentMs }
        return
      }
    } else respondedAt = runtime.clock()
    if (reading.kind === 'run') {
      const { progress } = reading
      target = { run: progress.run.id }
      seen = track(seen, progress)
      yield { kind: 'run', progress, seen }
      if (progress.verdict.kind !== 'running') return
    } else {
      if (reading.kind === 'starting') target = { execution: reading.execution }
      yield reading
      if (reading.kind === 'refused') return
    }
    const leftMs = beganAt + (options.forMs ?? Number.POSITIVE_INFINITY) - runtime.clock()
    if (leftMs <= 0) return
    await runtime.sleep(Math.min(options.everyMs, leftMs))
  }
}

/** One reading, or `unreachable` while AWS does not respond. */
async function readOnce(
  engine: OperatorEngine,
  wanted: Target | undefined,
  { expect, eachChunk }: { expect: Expect; eachChunk: EachChunk },
): Promise<Reading | Extract<Sight, { kind: 'unreachable' }>> {
  const { ledger, executions, runtime, deployment } = engine
  const silent = { kind: 'unreachable', reason: 'Step Functions does not respond' } as const
  let target = wanted
  try {
    if (!target) {
      const found = await underWay(engine)
      if (found.kind === 'unknown' && found.execution === undefined) return silent
      if (found.kind !== 'no') target = { execution: found.execution as string }
    }
    const reading = await readProgress(
      { ledger, describe: executions.describe, clock: runtime.clock, eachChunk },
      deployment.destinationTable,
      { ...(target && { target }), expect },
    )
    return reading.kind === 'starting' && reading.status === 'unknown' ? silent : reading
  } catch (error) {
    if (DynamoDbError.is(error) && error.retryable)
      return { kind: 'unreachable', reason: `the ledger does not respond (${error.message})` }
    throw target ? lostRun(deployment.flag, error) : error
  }
}
