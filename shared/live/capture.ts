import { beginCapture } from '../ledger/shards.ts'
import type { LedgerTable } from '../ledger/table.ts'
import type { Clock } from '../runtime/ports.ts'
import { closeEnded } from './follow.ts'
import type { Mapping, Stream } from './ports.ts'

const askAgainSeconds = 5

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
 */
export async function startCapture(
  task: { run: string },
  { ledger, stream, mapping, clock, slackMs }: CaptureEngine,
): Promise<{ outcome: 'on' } | { outcome: 'waiting'; seconds: number }> {
  // In a while: by then no live function works for an earlier run any more, whose leave it remembers for some seconds.
  const begins = clock() + slackMs
  const { since } = await beginCapture(ledger, task.run, { since: begins, stream: stream.arn })
  const isOn = await ask(mapping, true)
  if (since === begins) await closeEnded(stream, task.run, since, ledger, clock)
  if (!isOn) return { outcome: 'waiting', seconds: askAgainSeconds }
  const leftMs = since + slackMs - clock()
  return leftMs > 0 ? { outcome: 'waiting', seconds: Math.ceil(leftMs / 1000) } : { outcome: 'on' }
}

/** Turns the mapping off, after cutover or an abort; ask again while `waiting`. */
export async function stopCapture(mapping: Mapping): Promise<{ outcome: 'off' | 'waiting' }> {
  return { outcome: (await ask(mapping, false)) ? 'off' : 'waiting' }
}

/** A mapping that is changing refuses to be changed, so it is left alone until it has come to rest. */
async function ask(mapping: Mapping, enabled: boolean): Promise<boolean> {
  const state = await mapping.state()
  if (state === (enabled ? 'Enabled' : 'Disabled')) return true
  if (state !== 'changing') await mapping.set(enabled)
  return false
}
