import type { KeyValue } from '../../dynamodb/attributes.ts'
import { encodeKeyValue, type Key } from '../../dynamodb/key.ts'
import type { Clock } from '../../runtime/ports.ts'

/**
 * Tracks how long the slice has worked on its current partition key. A key is hot after `splitAfterMs`, or at once if it
 * was heavy in an earlier run.
 */
export class HotKeyWatch {
  #pk: string | undefined
  #since = 0
  #items = 0
  #notBefore = Number.NEGATIVE_INFINITY
  readonly #clock: Clock
  readonly #splitAfterMs: number
  readonly #heavy: ReadonlySet<string>

  /**
   * @param clock without the time for which the slice was throttled.
   * @param heavy encoded partition keys that had to be split before.
   */
  constructor(clock: Clock, splitAfterMs: number, heavy: ReadonlySet<string>) {
    this.#clock = clock
    this.#splitAfterMs = splitAfterMs
    this.#heavy = heavy
  }

  /** Records the page just read: `keys` in order; the last one is the position of the slice. */
  see(keys: Key[]): void {
    const last = keys.at(-1)
    if (!last) return
    const pk = encodeKeyValue(last.pk)
    if (pk !== this.#pk) {
      this.#pk = pk
      this.#since = this.#clock()
      this.#items = 0
      this.#notBefore = Number.NEGATIVE_INFINITY
    }
    for (let i = keys.length - 1; i >= 0 && encodeKeyValue((keys[i] as Key).pk) === pk; i--) this.#items++
  }

  isHot(pk: KeyValue): boolean {
    const now = this.#clock()
    if (encodeKeyValue(pk) !== this.#pk || now < this.#notBefore) return false
    return now - this.#since >= this.#splitAfterMs || (this.#heavy.has(this.#pk) && this.#items > 0)
  }

  /** Milliseconds one item of the current key has taken on average. */
  get msPerItem(): number {
    return (this.#clock() - this.#since) / Math.max(1, this.#items)
  }

  /** Lets the current key continue for another `splitAfterMs`: it could not be split, or the rest of it fits. */
  leaveAlone(): void {
    this.#notBefore = this.#clock() + this.#splitAfterMs
  }
}
