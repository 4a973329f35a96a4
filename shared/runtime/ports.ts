import type { EngineEvent } from './events.ts'

/** Milliseconds since the epoch. */
export type Clock = () => number
/** Resolves after so many milliseconds, or as soon as `signal` is aborted. */
export type Sleep = (milliseconds: number, signal?: AbortSignal) => Promise<void>
/** Uniform in [0, 1). */
export type Random = () => number

/** When this invocation ends. */
export interface Deadline {
  remainingMs(): number
}

/** What the engine needs besides its stores. Everything in `shared/` gets time and randomness from here. */
export interface Runtime {
  clock: Clock
  sleep: Sleep
  random: Random
  emit: Emit
}

export type Emit = (event: EngineEvent) => void
