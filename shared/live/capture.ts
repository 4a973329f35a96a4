import { beginCapture, endCapture, keepCapture, readCapture } from '../ledger/capture.ts'
import { trustedMs } from '../ledger/fencing.ts'
import type { LedgerTable, Put } from '../ledger/table.ts'
import type { Clock, Runtime } from '../runtime/ports.ts'
import { captureEndsMs } from './fencing.ts'
import { closeEnded } from './listed-shards.ts'
import type { Mapping, MappingState, Stream } from './ports.ts'

const askAgainSeconds = 5

/** A mapping takes up to minutes to change; a longer change is stuck. */
export const mappingRestsMs = 600_000

export interface CaptureEngine {
  ledger: LedgerTable
  /** The stream that the mapping reads. */
  stream: Pick<Stream, 'arn' | 'shards'>
  mapping: Mapping
  clock: Clock
  slackMs: number
}

/** Added to the time for which a permission is trusted: clocks of two environments differ. */
const clocksMs = 1_000

/**
 * When a feed that is begun now may begin, ms since the epoch: by then nobody applies its records by what was in the ledger
 * before, which is trusted for some seconds.
 */
export function feedBegins({ clock, slackMs }: Pick<CaptureEngine, 'clock' | 'slackMs'>): number {
  return clock() + Math.max(slackMs, trustedMs + clocksMs)
}

/**
 * Turns on the mapping of a feed, and returns whether its pass may begin: copy for the source's, index for that of a build.
 * The mapping is on when its state is Enabled, not when a first record arrives; the service takes up to minutes. The pass
 * handles changes from before `since`, and the stream those from then on. So it must not read until everything from before
 * `since` is sure to be visible: `slackMs` later. Call again while `waiting`.
 * @param begins `since` of the first call; the later ones keep it. For a build that of its row, which must be in the ledger
 * before that moment: a batch that does not know of the build acknowledges its records.
 * @param owned what must hold when it is recorded that the feed is on.
 */
export async function startCapture(
  { feed }: { feed: string },
  { ledger, stream, mapping, clock, slackMs }: CaptureEngine,
  begins: number = feedBegins({ clock, slackMs }),
  owned?: () => Promise<Put[]>,
): Promise<{ outcome: 'on' } | { outcome: 'waiting'; seconds: number; state?: Exclude<MappingState, 'Enabled'> }> {
  const capture = { since: begins, stream: stream.arn, copyFrom: begins + slackMs }
  const { since } = await beginCapture(ledger, feed, capture, owned)
  const state = await ask(mapping, true)
  if (since === begins) await closeEnded(stream, feed, since, ledger, clock)
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
  /** Throws while a run that needs its live changes is under way, or about to begin. */
  refuseWhileUnderWay: () => Promise<void>
}

/**
 * Turns live changes off, before the destination is emptied or once it is in use. First records that they are off; from
 * then on the live function refuses changes without acknowledging them. Then disables the mapping. `off` means that no
 * more of them can land (see {@link captureEndsMs}), and that the mapping stays disabled. A repeated call is harmless, and continues an interrupted attempt.
 * @param run the last run into the destination; `undefined` if none ever began.
 * @returns `changing` when the mapping did not come to rest within {@link mappingRestsMs}; changes are refused all the
 * same.
 * @throws the error of `refuseWhileUnderWay`; the record is then undone, because the run relies on live changes.
 */
export async function stopCapture(
  run: string | undefined,
  { ledger, mapping, runtime, liveSeconds, refuseWhileUnderWay }: CaptureEndEngine,
): Promise<{ outcome: 'off' | 'changing' }> {
  const asked = runtime.clock()
  const off = run === undefined ? undefined : await endCapture(ledger, run, asked)
  for (;;) {
    try {
      // Checked after recording: a run that begins meanwhile either sees the record, or is seen here.
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

/** Milliseconds until live changes of this run can no longer be written, if capture is off or is turned off now. */
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

/** Waits for a changing mapping to come to rest before it changes it: the service refuses otherwise. */
async function ask(mapping: Mapping, enabled: boolean): Promise<MappingState> {
  const state = await mapping.state()
  if (state !== 'changing' && (state === 'Enabled') !== enabled) await mapping.set(enabled)
  return state
}
