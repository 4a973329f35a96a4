import type { KeyValue } from '../../dynamodb/attributes.ts'
import { encodeKeyValue, type Key } from '../../dynamodb/key.ts'
import type { Clock } from '../../runtime/ports.ts'

/**
 * Watches which partition key the walk is in and for how long. A key is hot once the walk has been in it for
 * `splitAfterMs`, or at once when it is remembered as heavy from an earlier run.
 */
export class HotKeyWatch {
  #pk: string | undefined
  #since = 0
  #items = 0
  #notBefore = Number.NEGATIVE_INFINITY
  readonly #clock: Clock
  readonly #splitAfterMs: number
  readonly #heavy: ReadonlySet<string>

  /** @param heavy encoded partition keys that had to be split before. */
  constructor(clock: Clock, splitAfterMs: number, heavy: ReadonlySet<string>) {
    this.#clock = clock
    this.#splitAfterMs = splitAfterMs
    this.#heavy = heavy
  }

  /** Notes the page just read: `keys` in order, of which the last is where the walk stands. */
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

  /** Lets the current key be for another `splitAfterMs`: it could not be split, or what is left fits. */
  leaveAlone(): void {
    this.#notBefore = this.#clock() + this.#splitAfterMs
  }
}
