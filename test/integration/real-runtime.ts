import { setTimeout as sleep } from 'node:timers/promises'
import type { Runtime } from '../../shared/runtime/ports.ts'

/**
 * Real time and chance, without events. It really sleeps: under load DynamoDB Local returns `InternalFailure` now and then,
 * and retries in one instant meet it again.
 */
export const realRuntime: Runtime = {
  clock: Date.now,
  random: Math.random,
  sleep: async (ms, signal) => {
    await sleep(ms, undefined, signal && { signal }).catch(() => {})
  },
  emit: () => {},
}
