import type { Call } from '../local/calls.ts'
import { type Court, pause } from './court.ts'

/** The promise: no write begins later than this after a pause, an abort, or the end of an owner. */
const PROMISED_MS = 10_000
/** How long the destination is watched after that. */
const WATCHED_MS = 5_000

/**
 * The writes to the destination that began too late after `since`, as the emulator saw them: none, if the engine keeps its
 * promise. Waits until they would have come, and prints what it measured.
 * @param what happened then, as the subject of a sentence.
 */
export async function writesAfter(court: Court, since: number, what: string): Promise<Call[]> {
  await pause(Math.max(0, since + PROMISED_MS + WATCHED_MS - Date.now()))
  const writes = await court.writes()
  if (!writes.some(({ at }) => at < since)) throw new Error(`Expected writes before ${what}, got none.`)
  const last = ((writes.at(-1)?.at ?? 0) - since) / 1000
  console.info(`${court.name}: the last write began ${last.toFixed(1)} s after the ${what}.`)
  return writes.filter(({ at }) => at > since + PROMISED_MS)
}
