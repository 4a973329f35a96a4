import { DynamoDbError } from '../dynamodb/errors.ts'
import type { OperatorEngine } from './engine.ts'
import { lostRun } from './errors.ts'
import { noRun } from './last-run.ts'
import { expectedItems } from './status/expected-items.ts'
import { type Track, track } from './status/rate-and-eta.ts'
import { type Expect, type Follow, type Progress, type Reading, readProgress } from './status/read.ts'
import { underWay } from './under-way.ts'

/** What a watcher sees at one moment. */
export type Sight =
  | { kind: 'run'; progress: Progress; seen: Track }
  | Extract<Reading, { kind: 'starting' | 'refused' }>
  /** AWS does not answer; the run itself may be well. `gaveUp`: for as long as the watcher was to wait, ms. */
  | { kind: 'unreachable'; reason: string; gaveUp?: number }

export interface WatchOptions {
  /** The execution to watch. @default the one under way, else the last run */
  execution?: string
  everyMs: number
  /** How long AWS may not answer before the watcher gives up. */
  giveUpMs: number
}

/**
 * Watches a run until nothing runs any more, or AWS has not answered for too long: the last sight says which.
 * @throws OperatorError `no-run` when there is nothing to watch; LostSight once there is something.
 */
export async function* watchRun(engine: OperatorEngine, options: WatchOptions): AsyncGenerator<Sight> {
  const { runtime, deployment } = engine
  const expect = expectedItems(engine)
  let follow: Follow | undefined = options.execution === undefined ? undefined : { execution: options.execution }
  let seen: Track | undefined
  let answeredAt = runtime.clock()
  for (;;) {
    const reading = await look(engine, follow, expect)
    if (reading.kind === 'none') throw noRun(deployment)
    if (reading.kind === 'unreachable') {
      const silentMs = runtime.clock() - answeredAt
      if (silentMs >= options.giveUpMs) {
        yield { ...reading, gaveUp: silentMs }
        return
      }
    } else answeredAt = runtime.clock()
    if (reading.kind === 'run') {
      const { progress } = reading
      follow = { run: progress.run.id }
      seen = track(seen, progress)
      yield { kind: 'run', progress, seen }
      if (progress.verdict.kind !== 'running') return
    } else {
      if (reading.kind === 'starting') follow = { execution: reading.execution }
      yield reading
      if (reading.kind === 'refused') return
    }
    await runtime.sleep(options.everyMs)
  }
}

/** One reading; that AWS does not answer for a while is no reason to stop watching. */
async function look(
  engine: OperatorEngine,
  asked: Follow | undefined,
  expect: Expect,
): Promise<Reading | Extract<Sight, { kind: 'unreachable' }>> {
  const { ledger, executions, runtime, deployment } = engine
  const silent = { kind: 'unreachable', reason: 'Step Functions does not answer' } as const
  let follow = asked
  try {
    if (!follow) {
      const found = await underWay(engine)
      if (found.kind === 'unknown' && found.execution === undefined) return silent
      if (found.kind !== 'no') follow = { execution: found.execution as string }
    }
    const reading = await readProgress(
      { ledger, describe: executions.describe, clock: runtime.clock },
      deployment.destinationTable,
      { ...(follow && { follow }), expect },
    )
    return reading.kind === 'starting' && reading.status === 'unknown' ? silent : reading
  } catch (error) {
    if (DynamoDbError.is(error) && error.retryable)
      return { kind: 'unreachable', reason: `the ledger does not answer (${error.message})` }
    throw follow ? lostRun(deployment.flag, error) : error
  }
}
