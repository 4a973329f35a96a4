/** Smallest and largest page to request, in items. About 1,000 ordinary items fit into 1 MB. */
const leastPage = 25
const mostPage = 1_000

/** Reading and writing one page should take between a 60th and a 20th of the slice. */
const slow = 20
const fast = 60

/**
 * Adapts the page size and the reserved time to the rounds of this slice. A slice of 15 minutes soon requests full
 * pages; one of 5 seconds on a slow machine keeps them small enough to stop in time.
 */
export class PageSize {
  /** Items to request. Few at first: a page that outlasts the slice makes no progress. */
  limit = leastPage
  #slowestMs = 0
  readonly #sliceMs: number

  constructor(sliceMs: number) {
    this.#sliceMs = sliceMs
  }

  /** Records how long one round of the loop took, from requesting room for a page to having it. */
  observe(roundMs: number): void {
    // Decays slowly, so that one hiccup does not shorten the whole slice.
    this.#slowestMs = Math.max(roundMs, this.#slowestMs * 0.9)
    if (roundMs > this.#sliceMs / slow) this.limit = Math.max(leastPage, Math.floor(this.limit / 2))
    else if (roundMs < this.#sliceMs / fast) this.limit = Math.min(mostPage, this.limit * 2)
  }

  /**
   * Time to reserve for the end of the slice: the pages in flight, the drain and the last checkpoint, each about as
   * slow as the slowest recent page. At least a twentieth of the slice.
   */
  get reserveMs(): number {
    return Math.max(this.#slowestMs * 3, this.#sliceMs / 20)
  }
}
