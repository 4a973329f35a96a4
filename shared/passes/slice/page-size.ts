/** Fewest items that an ordinary page requests, and the most. About 1,000 ordinary items fit into 1 MB. */
const ordinaryPage = 25
const mostPage = 1_000

/** Reading and writing one page should take between a 60th and a 20th of the slice. */
const slow = 20
const fast = 60

/**
 * The longest that a page of a pass that writes should take, ms: a slice that must stop finishes or gives up its pages
 * in about this time. A page that only reads may take longer: verify waits 20 s for a difference to go away.
 */
const longestPageMs = 5_000

/**
 * Adapts the page size and the reserved time to the rounds of this slice. A slice of 15 minutes soon requests full
 * pages; one of 5 seconds on a slow machine keeps them small enough to stop in time. On a table that is slow enough,
 * pages shrink to a single item.
 */
export class PageSize {
  /** Items to request by time. Few at first: a page that outlasts the slice makes no progress. */
  #limit: number
  #slowestMs = 0
  readonly #sliceMs: number
  readonly #longestMs: number
  readonly #patienceMs: number
  readonly #most: () => number

  /**
   * @param writes whether the pass writes items.
   * @param isStuck the slice before made no progress: its first page may have been too large to be done in its time.
   * @param patienceMs how long a page may wait, besides its reads and writes.
   * @param most items that the share of the budget suits.
   */
  constructor(
    sliceMs: number,
    { writes, isStuck, patienceMs = 0 }: { writes: boolean; isStuck: boolean; patienceMs?: number | undefined },
    most: () => number = () => mostPage,
  ) {
    this.#most = most
    this.#sliceMs = sliceMs
    this.#patienceMs = patienceMs
    this.#longestMs = writes ? longestPageMs : Number.POSITIVE_INFINITY
    this.#limit = isStuck ? 1 : ordinaryPage
  }

  /** Items to request. */
  get limit(): number {
    return Math.min(this.#limit, this.#most())
  }

  /** Records how long one round of the loop took, from requesting room for a page to having it. */
  observe(roundMs: number): void {
    // Decays slowly, so that one hiccup does not shorten the whole slice.
    this.#slowestMs = Math.max(roundMs, this.#slowestMs * 0.9)
    const { limit } = this
    if (roundMs > this.#longestMs) this.#limit = Math.max(1, Math.floor((limit * this.#longestMs) / roundMs))
    else if (roundMs > this.#sliceMs / slow)
      this.#limit = Math.max(Math.min(limit, ordinaryPage), Math.floor(limit / 2))
    else if (roundMs < this.#fastMs) this.#limit = Math.min(mostPage, limit * 2)
  }

  /** Small pages grow sooner: most of their time does not depend on their size. */
  get #fastMs(): number {
    return Math.min(this.#longestMs / 3, this.#sliceMs / (this.limit < ordinaryPage ? slow : fast))
  }

  /**
   * Time to reserve for the end of the slice: the pages in flight, the drain and the last checkpoint, each about as
   * slow as the slowest recent page. At least a twentieth of the slice. A page that waits at the end of a slice, after
   * quick ones, must not outlast it: a short slice has no checkpoint before it, so the next one would meet the same page.
   */
  get reserveMs(): number {
    return Math.max(this.#slowestMs * 3, this.#sliceMs / 20, this.#patienceMs * 2)
  }
}
