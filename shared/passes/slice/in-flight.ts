import type { Key } from '../../dynamodb/key.ts'
import { type AliasTallies, addAliasTallies, addTallies, noTallies, type Tallies } from '../../ledger/tallies.ts'
import type { PageTallies } from './pass.ts'

/**
 * A page in flight. `cursor` is the position of the slice once the page is acknowledged; no value at the end of the
 * chunk.
 */
interface InFlight {
  cursor: Key | undefined
  work: Promise<PageTallies>
}

/**
 * Pages in flight, acknowledged strictly in order. `cursor` and `tallies` cover only pages that are completely written,
 * without gaps, in whatever order the writes finish.
 */
export class InFlightPages {
  cursor: Key | undefined
  /** Set once the last page of the chunk is acknowledged. */
  ended = false
  /** Of all pages acknowledged since the slice began. */
  tallies: Tallies = noTallies
  /** The same of documents, by alias. */
  aliases: AliasTallies = {}
  #inFlight: InFlight[] = []
  readonly #width: number

  /** @param width most pages in flight at once. */
  constructor(start: Key | undefined, width: number) {
    this.cursor = start
    this.#width = width
  }

  /** Adds a page; resolves once there is room for another. Throws the error of the oldest page. */
  async add(work: Promise<PageTallies>, cursor: Key | undefined): Promise<void> {
    work.catch(() => {}) // Thrown later, in order; until then it must not count as unhandled.
    this.#inFlight.push({ cursor, work })
    while (this.#inFlight.length >= this.#width) await this.#acknowledge()
  }

  /**
   * Resolves once nothing is in flight. Throws the error of the oldest failed page, after the later ones have settled.
   */
  async drain(): Promise<void> {
    try {
      while (this.#inFlight.length > 0) await this.#acknowledge()
    } finally {
      await Promise.allSettled(this.#inFlight.map((page) => page.work))
      this.#inFlight = []
    }
  }

  async #acknowledge(): Promise<void> {
    const oldest = this.#inFlight[0] as InFlight
    const { aliases = {}, ...tallies } = await oldest.work
    this.#inFlight.shift()
    this.tallies = addTallies(this.tallies, tallies)
    this.aliases = addAliasTallies(this.aliases, aliases)
    if (oldest.cursor) this.cursor = oldest.cursor
    else this.ended = true
  }
}
