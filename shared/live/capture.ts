import { beginCapture, endCapture, keepCapture, readCapture } from '../ledger/capture.ts'
import type { LedgerTable } from '../ledger/table.ts'
import type { Clock, Runtime } from '../runtime/ports.ts'
import { captureEndsMs } from './fencing.ts'
import { closeEnded } from './follow.ts'
import type { Mapping, MappingState, Stream } from './ports.ts'

const askAgainSeconds = 5

/** A mapping takes up to minutes to change; one that has not come to rest by then is stuck. */
export const mappingRestsMs = 600_000

export interface CaptureEngine {
  ledger: LedgerTable
  /** The stream that the mapping reads. */
  stream: Pick<Stream, 'arn' | 'shards'>
  mapping: Mapping
  clock: Clock
  slackMs: number
}

/**
 * Turns the mapping from the source's stream to the live function on, and says whether copy may begin. On is when the
 * mapping says Enabled, not when a first record shows; the service takes up to minutes. Changes from before `since` are
 * copy's and changes from then on are the stream's, so copy must not read before everything from before `since` is sure
 * to be seen: `slackMs` later. Ask again while `waiting`.
 * @returns `state` of the mapping where that is what there is to wait for.
 */
export async function startCapture(
  task: { run: string },
  { ledger, stream, mapping, clock, slackMs }: CaptureEngine,
): Promise<{ outcome: 'on' } | { outcome: 'waiting'; seconds: number; state?: Exclude<MappingState, 'Enabled'> }> {
  // In a while: by then no live function works for an earlier run any more, whose leave it remembers for some seconds.
  const begins = clock() + slackMs
  const { since } = await beginCapture(ledger, task.run, {
    since: begins,
    stream: stream.arn,
    copyFrom: begins + slackMs,
  })
  const state = await ask(mapping, true)
  if (since === begins) await closeEnded(stream, task.run, since, ledger, clock)
  if (state !== 'Enabled') return { outcome: 'waiting', seconds: askAgainSeconds, state }
  const leftMs = since + slackMs - clock()
  return leftMs > 0 ? { outcome: 'waiting', seconds: Math.ceil(leftMs / 1000) } : { outcome: 'on' }
}

export interface CaptureEndEngine {
  ledger: LedgerTable
  mapping: Mapping
  runtime: Pick<Runtime, 'clock' | 'sleep'>
  /** Time-out of the live function. */
  liveSeconds: number
  /** Throws while a run is under way, or about to be, that needs its live changes. */
  refuseWhileUnderWay: () => Promise<void>
}

/**
 * Turns live changes off: before the destination is emptied, or once it is in use. Being off is recorded first, and from
 * then on the live function refuses changes without acknowledging them; only then is the mapping disabled. `off` means that
 * nothing more of them can land (see {@link captureEndsMs}). Doing it again is harmless, and continues an attempt that was
 * interrupted.
 * @param run the last run into the destination; none where nothing was ever begun.
 * @returns `changing` when the mapping did not come to rest within {@link mappingRestsMs}; changes are refused all the same.
 * @throws what `refuseWhileUnderWay` throws; what this call recorded is then taken back, because the run relies on it.
 */
export async function stopCapture(
  run: string | undefined,
  { ledger, mapping, runtime, liveSeconds, refuseWhileUnderWay }: CaptureEndEngine,
): Promise<{ outcome: 'off' | 'changing' }> {
  const asked = runtime.clock()
  const off = run === undefined ? undefined : await endCapture(ledger, run, asked)
  for (;;) {
    try {
      // After recording: a run that begins meanwhile either sees the record, or is seen here.
      await refuseWhileUnderWay()
    } catch (error) {
      if (run !== undefined && off === asked) await keepCapture(ledger, run, off)
      throw error
    }
    const isOff = (await ask(mapping, false)) === 'Disabled'
    const leftMs = off === undefined ? 0 : off + captureEndsMs(liveSeconds) - runtime.clock()
    if (isOff && leftMs <= 0) return { outcome: 'off' }
    if (!isOff && runtime.clock() - asked >= mappingRestsMs) return { outcome: 'changing' }
    await runtime.sleep(isOff ? Math.min(leftMs, askAgainSeconds * 1000) : askAgainSeconds * 1000)
  }
}

/** How long it takes from now until no live change of this run can land any more, if capture is turned off now or is off, ms. */
export async function captureLandsInMs(
  run: string,
  {
    ledger,
    runtime,
    liveSeconds,
  }: Pick<CaptureEndEngine, 'ledger' | 'liveSeconds'> & { runtime: Pick<Runtime, 'clock'> },
): Promise<number> {
  const capture = await readCapture(ledger, run)
  if (!capture) return 0
  const now = runtime.clock()
  return Math.max(0, (capture.off ?? now) + captureEndsMs(liveSeconds) - now)
}

/** Tells the state it is in. A mapping that is changing refuses to be changed, so it is left alone until it has come to rest. */
async function ask(mapping: Mapping, enabled: boolean): Promise<MappingState> {
  const state = await mapping.state()
  if (state !== 'changing' && (state === 'Enabled') !== enabled) await mapping.set(enabled)
  return state
}
