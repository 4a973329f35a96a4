import { beginCapture } from '../ledger/shards.ts'
import type { LedgerTable } from '../ledger/table.ts'
import type { Clock } from '../runtime/ports.ts'
import type { Mapping } from './ports.ts'

const askAgainSeconds = 5

/**
 * Turns the mapping from the source's stream to the live function on, and says whether it is on: when it says Enabled, not
 * when a first record shows. Ask again while `waiting`; the service takes up to minutes.
 */
export async function startCapture(
  task: { run: string },
  { ledger, mapping, clock }: { ledger: LedgerTable; mapping: Mapping; clock: Clock },
): Promise<{ outcome: 'on' } | { outcome: 'waiting'; seconds: number }> {
  // Remembered before anything is turned on: what happened since must have been read, see followShards.
  await beginCapture(ledger, task.run, clock())
  return (await ask(mapping, true)) ? { outcome: 'on' } : { outcome: 'waiting', seconds: askAgainSeconds }
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
