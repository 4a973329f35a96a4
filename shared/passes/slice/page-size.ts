/** Smallest and largest page asked for, in items. 1,000 is about what 1 MB of ordinary items holds. */
const leastPage = 25
const mostPage = 1_000

/** A round of reading and writing one page should take between a 60th and a 20th of the slice. */
const slow = 20
const fast = 60

/**
 * How large pages should be and how much time to keep back, from what has been observed in this slice. A slice of
 * 15 minutes soon asks for full pages; one of 5 seconds on a slow machine stays small enough to stop in time.
 */
export class PageSize {
  /** Items to ask for: few at first, because a page that outlasts the slice gets nowhere. */
  limit = leastPage
  #slowestMs = 0
  readonly #sliceMs: number

  constructor(sliceMs: number) {
    this.#sliceMs = sliceMs
  }

  /** Notes how long one round of the loop took, from asking for room to having it. */
  observe(roundMs: number): void {
    // Slowly forgotten, so that one hiccup does not shorten the whole slice.
    this.#slowestMs = Math.max(roundMs, this.#slowestMs * 0.9)
    if (roundMs > this.#sliceMs / slow) this.limit = Math.max(leastPage, Math.floor(this.limit / 2))
    else if (roundMs < this.#sliceMs / fast) this.limit = Math.min(mostPage, this.limit * 2)
  }

  /**
   * Time to keep for what must still happen when reading stops: the pages in flight, the drain and the last checkpoint,
   * each about as slow as the slowest recent page, and never less than a twentieth of the slice.
   */
  get reserveMs(): number {
    return Math.max(this.#slowestMs * 3, this.#sliceMs / 20)
  }
}
