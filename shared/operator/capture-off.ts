import { wasFinished } from '../facts/resumable.ts'
import { readLease } from '../ledger/lease.ts'
import { endCapture } from '../ledger/shards.ts'
import { stopCapture } from '../live/capture.ts'
import type { Mapping } from '../live/ports.ts'
import type { OperatorEngine } from './engine.ts'
import { LostSight, OperatorError } from './errors.ts'
import { findLastRun } from './last-run.ts'
import { refuseWhileUnderWay } from './under-way.ts'

const probeEveryMs = 5_000
/** A mapping takes up to minutes to change. */
const giveUpAfterMs = 600_000

/** How live changes stand before they are turned off. */
export interface CaptureOffPlan {
  capture: 'on' | 'off' | 'changing'
  /** Whether `segue run --resume` would turn them on again; else only a new run does, into an empty destination. */
  resumable: boolean
}

type Engine = Pick<OperatorEngine, 'deployment' | 'ledger' | 'executions' | 'mapping' | 'runtime'>

const words = { Enabled: 'on', Disabled: 'off', changing: 'changing' } as const

/**
 * Says what turning live changes off would do.
 * @throws OperatorError `no-capture` where the deployment names no mapping, `run-under-way`.
 */
export async function planCaptureOff(engine: Engine): Promise<CaptureOffPlan> {
  const { ledger, deployment } = engine
  const mapping = mappingOf(engine)
  await refuseWhileUnderWay(engine)
  const run = await findLastRun(ledger, deployment.destinationTable)
  return {
    capture: words[await mapping.state()],
    resumable: run !== undefined && !wasFinished(run) && !run.offline,
  }
}

/**
 * Turns live changes off, waits until they are, and notes that it was on purpose.
 * @returns whether they were on, or coming on.
 * @throws OperatorError `no-capture`, `run-under-way`; LostSight for whatever fails once it has begun.
 */
export async function captureOff(engine: Engine): Promise<{ changed: boolean }> {
  const mapping = mappingOf(engine)
  const { capture } = await planCaptureOff(engine)
  if (capture === 'off') await noteOff(engine)
  else await turnOff(engine, mapping)
  return { changed: capture !== 'off' }
}

function mappingOf({ mapping, deployment }: Engine): Mapping {
  if (mapping) return mapping
  throw new OperatorError(
    'no-capture',
    `Nothing is known to capture live changes for ${deployment.name}: its source has no stream, or it was deployed by an earlier version; in that case deploy it again.`,
  )
}

/** So that nobody takes it for an accident that changes are not applied any more. */
async function noteOff({ ledger, deployment, runtime }: Engine): Promise<void> {
  const lease = await readLease(ledger, deployment.destinationTable)
  if (lease) await endCapture(ledger, lease.run, runtime.clock())
}

async function turnOff(engine: Engine, mapping: Mapping): Promise<void> {
  const { runtime } = engine
  const until = runtime.clock() + giveUpAfterMs
  let { outcome } = await stopCapture(mapping)
  try {
    while (outcome === 'waiting') {
      if (runtime.clock() >= until)
        throw new OperatorError('not-off', `their mapping has been changing for ${giveUpAfterMs / 60_000} minutes.`)
      await runtime.sleep(probeEveryMs)
      // A run that has begun since turns them on and relies on it.
      await refuseWhileUnderWay(engine)
      outcome = (await stopCapture(mapping)).outcome
    }
    await noteOff(engine)
  } catch (error) {
    throw new LostSight('It is not known whether live changes are off (repeat the command to see)', error)
  }
}
