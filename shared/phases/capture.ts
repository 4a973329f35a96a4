import { enterPhase, isDriving } from '../facts/phase.ts'
import { type CaptureEngine, startCapture } from '../live/capture.ts'
import type { Runtime } from '../runtime/ports.ts'

/** For whoever asks too late, and whom nobody hears. */
const muchLaterSeconds = 60

/**
 * Turns live changes on for a run, and says whether copy may begin. A late delivery turns on nothing that was turned off
 * since.
 */
export async function captureRun(
  task: { run: string; fence: number },
  engine: CaptureEngine & { runtime: Pick<Runtime, 'clock' | 'emit'> },
): ReturnType<typeof startCapture> {
  const run = await enterPhase(task, 'Capture', engine)
  return isDriving(task, run) ? startCapture(task, engine) : { outcome: 'waiting', seconds: muchLaterSeconds }
}
