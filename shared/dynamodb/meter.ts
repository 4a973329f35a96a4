import type { Sleep } from '../runtime/ports.ts'
import type { Ask, Settle } from '../runtime/retry.ts'
import type { Budget, UnitKind } from './budget.ts'
import { DynamoDbError } from './errors.ts'

/** How long a call waits before it asks again whether it may continue, ms. */
const pollMs = 1_000

/** Units of both kinds. */
export type Units = Record<UnitKind, number>

export interface MeterEngine {
  sleep: Sleep
  budgets: Record<UnitKind, Budget>
  /** Called before each part of a wait. Throws why the work must stop. */
  ask: () => Promise<void>
  /** A call waits from now on for this long, ms. */
  waits: (kind: UnitKind, ms: number) => void
}

/** Counts the units that calls take, and lets each wait for its budget. Calls of one kind take their turn. */
export class Meter {
  /** Taken since the beginning, as far as it is known: charged by size, and corrected by what the service reports. */
  readonly taken: Units = { read: 0, write: 0 }
  readonly #engine: MeterEngine
  readonly #turn: Record<UnitKind, Promise<unknown>> = { read: Promise.resolve(), write: Promise.resolve() }

  constructor(engine: MeterEngine) {
    this.#engine = engine
  }

  /**
   * Resolves once the budget has these units; they are paid then.
   * @returns what to call with the units that the service reports.
   * @throws what `ask` throws; nothing is paid then.
   */
  async spend(kind: UnitKind, units: number): Promise<Settle> {
    const { [kind]: budget } = this.#engine.budgets
    if (budget.rate === Number.POSITIVE_INFINITY) budget.take(units)
    else {
      const turn = this.#turn[kind].then(() => this.#wait(kind, units))
      this.#turn[kind] = turn.catch(() => {})
      await turn
    }
    this.taken[kind] += units
    return (took) => {
      if (took === undefined) return
      this.taken[kind] += took - units
      budget.correct(units, took)
    }
  }

  async #wait(kind: UnitKind, units: number): Promise<void> {
    const { budgets, sleep, ask, waits } = this.#engine
    for (;;) {
      // Also before the first try: waiting for its turn may have taken any time.
      await ask()
      const ms = Math.min(budgets[kind].take(units), pollMs)
      if (ms === 0) return
      waits(kind, ms)
      await sleep(ms)
    }
  }
}

/**
 * One call within the budget of whoever works with `ask`.
 * @param units what it costs, as far as that is known before.
 * @param call is given what to call with the units that the service reports.
 */
export async function spending<T>(
  ask: Ask | undefined,
  kind: UnitKind,
  units: () => number,
  call: (report: Settle) => Promise<T>,
): Promise<T> {
  if (!ask?.spend) return call(() => {})
  const settle = await ask.spend(kind, units())
  try {
    return await call(settle)
  } catch (error) {
    // A refused call takes nothing. Any other may have done its work.
    if (DynamoDbError.is(error) && error.code === 'throttled') settle(0)
    throw error
  }
}
