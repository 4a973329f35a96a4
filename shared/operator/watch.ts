import { DynamoDbError } from '../dynamodb/errors.ts'
import { readLease } from '../ledger/lease.ts'
import type { OperatorEngine } from './engine.ts'
import { lostRun } from './errors.ts'
import { noRun } from './last-run.ts'
import { expectedItems } from './status/expected.ts'
import { type Track, track } from './status/rate.ts'
import { type Expect, type Follow, type Progress, type Reading, readProgress } from './status/read.ts'

/** What a watcher sees at one moment. */
export type Sight =
  | { kind: 'run'; progress: Progress; seen: Track }
  | Extract<Reading, { kind: 'starting' | 'refused' }>
  /** The ledger does not answer; the run itself may be well. */
  | { kind: 'unreachable'; reason: string }

export interface WatchOptions {
  /** The execution to watch. @default the one under way, else the last run */
  execution?: string
  everyMs: number
}

/**
 * Watches a run until nothing runs any more: the last sight is how it ended or why it was refused.
 * @throws OperatorError `no-run` when there is nothing to watch; LostSight once there is something.
 */
export async function* watchRun(engine: OperatorEngine, options: WatchOptions): AsyncGenerator<Sight> {
  const expect = expectedItems(engine)
  const execution = options.execution ?? (await executionUnderWay(engine))
  let follow: Follow | undefined = execution === undefined ? undefined : { execution }
  let seen: Track | undefined
  for (;;) {
    const reading = await look(engine, follow, expect)
    if (reading.kind === 'none') throw noRun(engine.deployment)
    if (reading.kind === 'run') {
      const { progress } = reading
      follow = { run: progress.run.id }
      seen = track(seen, progress)
      yield { kind: 'run', progress, seen }
      if (progress.verdict.kind !== 'running') return
    } else {
      yield reading
      if (reading.kind === 'refused') return
    }
    await engine.runtime.sleep(options.everyMs)
  }
}

/** One reading; a ledger that does not answer for a while is no reason to stop watching. */
async function look(
  { ledger, executions, runtime, deployment }: OperatorEngine,
  follow: Follow | undefined,
  expect: Expect,
): Promise<Reading | Extract<Sight, { kind: 'unreachable' }>> {
  try {
    return await readProgress(
      { ledger, describe: executions.describe, clock: runtime.clock },
      deployment.destinationTable,
      { ...(follow && { follow }), expect },
    )
  } catch (error) {
    if (error instanceof DynamoDbError && error.retryable) return { kind: 'unreachable', reason: error.message }
    throw follow ? lostRun(deployment.flag, error) : error
  }
}

/**
 * The execution that holds the lease, unless it has ended: a newer one is not the run, but about to be refused. Else the
 * newest under way. Nothing where the ledger does not answer either, which watching outlasts.
 */
async function executionUnderWay({ ledger, executions, deployment }: OperatorEngine): Promise<string | undefined> {
  try {
    const lease = await readLease(ledger, deployment.destinationTable)
    if (lease?.held && (await executions.describe(lease.execution)).status !== 'ended') return lease.execution
  } catch (error) {
    if (!(error instanceof DynamoDbError && error.retryable)) throw error
  }
  return executions.running()
}
