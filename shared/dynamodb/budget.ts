import type { Clock } from '../runtime/ports.ts'

/** The two kinds of capacity units of a table. */
export type UnitKind = 'read' | 'write'

/** Units that are saved up while nothing takes them, in seconds of the rate. */
const savedSeconds = 1
/** The rate climbs by this part of the share each second. */
const climb = 0.05
/** A throttled budget keeps at least this part of its share, so that it notices when the table has capacity again. */
const leastPart = 1 / 32
const secondMs = 1_000
/** Sums of fractions are that much off at most, units. */
const rounding = 1e-6

/**
 * A token bucket: units of one kind that one slice may take. Units are paid before they are used: a call waits until
 * all of its units have come in, and nothing is lent. So a bucket whose calls cost at most `s` seconds of its share
 * takes at most `60 + s + 1` seconds of it in any minute.
 *
 * The rate adapts within the share: halved when a table throttles, at most once a second, and otherwise 5 % of the
 * share more each second. A share that grows is climbed to likewise: slices that lose what this one gains may learn of it
 * seconds later.
 */
export class Budget {
  readonly #clock: Clock
  /** Units a second that are this slice's, and those that it takes now. */
  #share: number
  #rate: number
  /** Units that have come in; below 0 where a call took more than was known before. */
  #units = 0
  /** What the call needs that waits. */
  #wanted = 0
  #at: number
  #slowedAt = Number.NEGATIVE_INFINITY

  /** @param share units a second; `Infinity` for no limit. */
  constructor(clock: Clock, share = Number.POSITIVE_INFINITY) {
    this.#clock = clock
    this.#share = share
    this.#rate = share
    this.#at = clock()
  }

  /** Units a second that it takes at most, now. */
  get rate(): number {
    this.#advance()
    return this.#rate
  }

  /** Changes the share: a smaller one holds at once, a greater one is climbed to. Without a limit there is no climb. */
  allow(share: number): void {
    this.#advance()
    this.#share = share
    this.#rate = share === Number.POSITIVE_INFINITY ? share : Math.min(this.#rate, share)
    if (this.#rate === Number.POSITIVE_INFINITY) this.#units = 0
  }

  /** So many seconds of the share are taken by somebody else already: an earlier slice that may still be at work. */
  owe(seconds: number): void {
    this.#advance()
    if (this.#rate !== Number.POSITIVE_INFINITY) this.#units -= seconds * this.#share
  }

  /** A table has throttled a call. */
  throttled(): void {
    this.#advance()
    if (this.#rate === Number.POSITIVE_INFINITY || this.#at - this.#slowedAt < secondMs) return
    this.#slowedAt = this.#at
    this.#rate = Math.max(this.#rate / 2, this.#share * leastPart)
  }

  /**
   * Takes units, if enough have come in. Only for the call that waits longest: it must be repeated until it succeeds.
   * @returns 0 if they are taken; else after how many milliseconds they may be, `Infinity` while nothing comes in.
   */
  take(units: number): number {
    this.#wanted = units
    this.#advance()
    if (this.#rate !== Number.POSITIVE_INFINITY && this.#units < units - rounding)
      return Math.max(1, Math.ceil(((units - this.#units) / this.#rate) * secondMs))
    this.#wanted = 0
    this.#pay(units)
    return 0
  }

  /** Corrects what a call has paid, once the service has said what it took. */
  correct(paid: number, took: number): void {
    this.#advance()
    this.#pay(took - paid)
  }

  #pay(units: number): void {
    if (this.#rate !== Number.POSITIVE_INFINITY) this.#units -= units
  }

  #advance(): void {
    const now = this.#clock()
    // The clock may have been set back.
    const seconds = Math.max(0, now - this.#at) / secondMs
    this.#at = now
    if (this.#rate === Number.POSITIVE_INFINITY || seconds === 0) return
    const most = Math.max(this.#units, this.#rate * savedSeconds, this.#wanted)
    this.#units = Math.min(most, this.#units + this.#rate * seconds)
    this.#rate = Math.min(this.#share, this.#rate + this.#share * climb * seconds)
  }
}
