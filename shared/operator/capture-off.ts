import { functions } from '../config/functions-and-permissions.ts'
import { wasFinished } from '../facts/resumable.ts'
import { readLease } from '../ledger/lease.ts'
import { captureLandsInMs, mappingRestsMs, stopCapture } from '../live/capture.ts'
import type { Mapping } from '../live/ports.ts'
import type { OperatorEngine } from './engine.ts'
import { LostSight, OperatorError } from './errors.ts'
import { findLastRun } from './last-run.ts'
import { sweepOwner } from './sweep.ts'
import { refuseWhileUnderWay } from './under-way.ts'

/** The state of live changes before they are turned off. */
export interface CaptureOffPlan {
  /** `ending`: they are off, but a change that was being applied may still be written. */
  capture: 'on' | 'off' | 'changing' | 'ending'
  /** Least time to turn them off, ms: until no change under way can still be written. */
  takesMs: number
  /** Whether `segue run --resume` would turn them on again; otherwise only a new run does, into an empty destination. */
  resumable: boolean
}

type Engine = Pick<OperatorEngine, 'deployment' | 'ledger' | 'executions' | 'mapping' | 'indexMapping' | 'runtime'>

const words = { Enabled: 'on', Disabled: 'off', changing: 'changing' } as const

/**
 * What turning live changes off would do.
 * @throws OperatorError `no-capture` where the deployment names no mapping, `run-under-way`.
 */
export async function planCaptureOff(
  engine: Engine,
  liveSeconds: number = functions.live.seconds,
): Promise<CaptureOffPlan> {
  const { ledger, deployment } = engine
  const mapping = mappingOf(engine)
  await refuseWhileUnderWay(engine)
  const run = await findLastRun(ledger, deployment.destinationTable)
  const takesMs = run ? await captureLandsInMs(run.id, { ...engine, liveSeconds }) : 0
  // What an execution that was stopped left behind may turn them on, until its lease is freed.
  const isOwned = (await readLease(ledger, deployment.destinationTable))?.held === true
  const state = await mapping.state()
  return {
    capture: state === 'Disabled' && (takesMs > 0 || isOwned) ? 'ending' : words[state],
    takesMs,
    resumable: run !== undefined && !wasFinished(run) && !run.offline,
  }
}

/**
 * Turns live changes off on purpose, and waits until no more of them can be written to the destination.
 * @param liveSeconds time-out of the live function.
 * @returns `changed: false` where they were off already.
 * @throws OperatorError `no-capture`, `run-under-way`; LostSight for an error after it has begun.
 */
export async function captureOff(
  engine: Engine,
  liveSeconds: number = functions.live.seconds,
): Promise<{ changed: boolean }> {
  const mapping = mappingOf(engine)
  await refuseWhileUnderWay(engine)
  const lease = await readLease(engine.ledger, engine.deployment.destinationTable)
  if (lease?.held) await sweepOwner(lease, engine)
  const { capture } = await planCaptureOff(engine, liveSeconds)
  if (capture === 'off') return { changed: false }
  try {
    const ending = { ...engine, mapping, liveSeconds, refuseWhileUnderWay: () => refuseWhileUnderWay(engine) }
    const { outcome } = await stopCapture(lease?.run, ending)
    if (outcome === 'changing')
      throw new OperatorError(
        'not-off',
        `their event source mapping has been changing for ${mappingRestsMs / 60_000} minutes. Live changes are refused meanwhile. The last processing result of the mapping, in the Lambda console, names the reason.`,
      )
  } catch (error) {
    throw new LostSight('It is not known whether live changes are off (repeat the command to see)', error)
  }
  return { changed: true }
}

function mappingOf({ mapping, deployment }: Engine): Mapping {
  if (mapping) return mapping
  throw new OperatorError(
    'no-capture',
    `No live changes are captured for ${deployment.name}: its source has no stream, or an earlier version deployed it. In that case deploy it again.`,
  )
}
