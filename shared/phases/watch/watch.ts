import type { Gauges } from '../../config/gauges.ts'
import type { Runtime } from '../../runtime/ports.ts'
import { type AlertEngine, tellAlarms } from './alerts.ts'
import { readFacts, streamAgeSeconds, stuckSeconds } from './facts.ts'

/**
 * Judges how the last run stands, every minute: tells people what is wrong, and measures.
 * @throws whatever keeps a message from being sent; the next minute sends it.
 */
export async function watchRun(
  engine: Omit<AlertEngine, 'clock'> & { runtime: Pick<Runtime, 'clock' | 'emit'> },
): Promise<void> {
  const { ledger, destination, runtime } = engine
  const measured: Gauges = { ...nothing }
  try {
    const facts = await readFacts(ledger, destination, runtime)
    if (!facts) return
    measured.StuckSeconds = stuckSeconds(facts)
    measured.StreamAgeSeconds = streamAgeSeconds(facts)
    measured.ChunksOpen = facts.chunks?.open ?? 0
    measured.ChunksFailed = facts.chunks?.failed ?? 0
    measured.ItemsQuarantined = facts.quarantine.items
    measured.AlarmsOn = (await tellAlarms(facts, { ...engine, clock: runtime.clock })).length
  } finally {
    runtime.emit({ code: 'watchdog.gauges', gauges: measured })
  }
}

/** What is measured where there was never a run. */
const nothing: Gauges = {
  ...{ WatchdogSweeps: 1, StuckSeconds: 0, StreamAgeSeconds: 0, ChunksOpen: 0, ChunksFailed: 0 },
  ...{ ItemsQuarantined: 0, AlarmsOn: 0 },
}
