import type { Clock } from '../../runtime/ports.ts'

/**
 * The clock of a slice without the time for which its tables throttled it. A key on a throttled table is not hot: other
 * slices would share the same capacity. Waits of pages side by side count once.
 */
export class WorkClock {
  readonly #clock: Clock
  /** Throttled time before the latest stretch of it, ms, and that stretch: its end may lie ahead. */
  #throttledMs = 0
  #from = 0
  #until = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** A throttled call waits from now on for this long before it is repeated, ms. */
  throttled(waitMs: number): void {
    const now = this.#clock()
    if (now > this.#until) {
      this.#throttledMs += this.#until - this.#from
      this.#from = now
    }
    this.#until = Math.max(this.#until, now + waitMs)
  }

  /** Milliseconds; never runs backwards, and stands still while a call waits. */
  readonly now: Clock = () => {
    const now = this.#clock()
    return now - this.#throttledMs - (Math.min(now, this.#until) - this.#from)
  }
}
