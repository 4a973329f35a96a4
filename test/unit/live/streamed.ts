import { beginCapture } from '../../../shared/ledger/capture.ts'
import { sourceFeed } from '../../../shared/live/applied.ts'
import { applyRecord } from '../../../shared/live/apply.ts'
import { type DrainEngine, drain } from '../../../shared/live/drain.ts'
import type { LiveEngine } from '../../../shared/live/engine.ts'
import { migrationsOf } from '../../code.ts'
import { memoryStream } from '../../memory/stream.ts'
import { run, world } from './world.ts'

export const minute = 60_000
export const hour = 60 * minute

/** @param startsMs the world's clock when the stream begins, before capture does. */
export async function streamed(shards = 4, startsMs = 0) {
  const made = await world()
  const stream = memoryStream(made.source, () => made.time.now, shards)
  await beginCapture(made.ledger, run, { since: made.time.now, stream: stream.arn })
  made.time.now += startsMs
  const engine: DrainEngine & LiveEngine = {
    ...made.engine,
    ...sourceFeed(made.engine),
    stream,
    silenceMs: minute,
    slackMs: minute,
    deadline: { remainingMs: () => 900_000 },
    code: migrationsOf(),
  }
  const applyAll = async () => {
    for (const record of stream.records()) await applyRecord(record, made.engine)
  }
  const drained = (past = made.time.now) => drain({ run, fence: 1, past }, engine)
  return { ...made, stream, engine, applyAll, drained }
}
