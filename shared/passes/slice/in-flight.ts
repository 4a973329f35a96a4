import type { Key } from '../../dynamodb/key.ts'
import { addTallies, noTallies, type Tallies } from '../../ledger/tallies.ts'

/** A page on its way: `cursor` is where the walk stands once it is acknowledged; absent at the end of the chunk. */
interface InFlight {
  cursor: Key | undefined
  work: Promise<Tallies>
}

/**
 * Pages in flight, acknowledged strictly in order: `cursor` and `tallies` only ever speak of a prefix of the walk
 * that is wholly written, whatever order the writes finish in.
 */
export class InFlightPages {
  cursor: Key | undefined
  /** Set once the last page of the chunk is acknowledged. */
  ended = false
  /** Of all pages acknowledged since the slice began. */
  tallies: Tallies = noTallies
  #inFlight: InFlight[] = []
  readonly #width: number

  /** @param width most pages in flight at once. */
  constructor(start: Key | undefined, width: number) {
    this.cursor = start
    this.#width = width
  }

  /** Adds a page; resolves once there is room for another. Throws what the oldest page threw. */
  async add(work: Promise<Tallies>, cursor: Key | undefined): Promise<void> {
    work.catch(() => {}) // Reported when its turn comes; until then it must not count as unhandled.
    this.#inFlight.push({ cursor, work })
    while (this.#inFlight.length >= this.#width) await this.#acknowledge()
  }

  /** Resolves once nothing is in flight. Throws what the oldest failing page threw, after the later ones have settled. */
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
    const tallies = await oldest.work
    this.#inFlight.shift()
    this.tallies = addTallies(this.tallies, tallies)
    if (oldest.cursor) this.cursor = oldest.cursor
    else this.ended = true
  }
}
