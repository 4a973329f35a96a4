import type { FollowedShard } from './follow.ts'
import { ShardWalk, type ShardWalkEngine } from './shard-walk.ts'

/** The walks of one look at a stream, one for each shard that may hold changes from up to T. */
export class ShardWalks {
  readonly #walks = new Map<string, ShardWalk>()
  /**
   * Shards that were still open later than T, and their descendants: what comes after them holds only later changes. Shards
   * are replaced every few hours, so where there are many, another one is new at every look.
   */
  readonly #openLater = new Set<string>()
  readonly #past: number
  readonly #engine: ShardWalkEngine

  /** @param past T, ms since the epoch. */
  constructor(past: number, engine: ShardWalkEngine) {
    this.#past = past
    this.#engine = engine
  }

  /**
   * Takes in a list that was asked for at `listedAt` (ms), once all that was known has been read. Says whether there is
   * nothing more to read by it.
   */
  list(followed: FollowedShard[], listedAt: number): boolean {
    // By as much as clocks differ and a list may be old.
    const isLater = listedAt >= this.#past + this.#engine.slackMs
    let nothingMore = true
    for (const { cursor, ended } of followed) {
      const { shard, parent } = cursor
      const known = this.#walks.get(shard)
      if (!known && parent !== undefined && this.#openLater.has(parent)) {
        this.#openLater.add(shard)
        continue
      }
      const walk = known ?? new ShardWalk(cursor, ended, this.#past, this.#engine)
      this.#walks.set(shard, walk)
      if (!known || walk.listed(ended)) nothingMore = false
      if (isLater && !walk.hasEnded) this.#openLater.add(shard)
    }
    return nothingMore
  }

  /** Those that are to be read on. A shard is read once its parent has nothing left that matters. */
  get open(): ShardWalk[] {
    return this.#all.filter(({ going, cursor: { parent } }) => {
      const before = parent === undefined ? undefined : this.#walks.get(parent)
      return going && (!before || ['closed', 'silent', 'past'].includes(before.standing.kind))
    })
  }

  /** Those with a change that is not applied yet. */
  get behind(): ShardWalk[] {
    return this.#all.filter(({ standing }) => standing.kind === 'behind')
  }

  /** Whether a shard has ended and the list lacks the children, which may hold changes from up to T. */
  lackChildren(followed: FollowedShard[]): boolean {
    return followed.some(({ childless, cursor: { shard } }) => {
      const walk = this.#walks.get(shard)
      return childless && walk?.hasEnded && walk.standing.kind !== 'past' && !this.#openLater.has(shard)
    })
  }

  /**
   * Once everything that may be read was: a moment (ms) than which no record is older in a shard of which none was seen.
   * Those behind a change that is not applied were not read, and hold what is younger than that change.
   *
   * @param listedAt when the first list was asked for, ms since the epoch.
   */
  unseenFrom(listedAt: number): number {
    if (!this.#all.some(({ going }) => going)) return listedAt
    return Math.min(listedAt, ...this.behind.flatMap(({ oldest }) => oldest ?? []))
  }

  /** No change is older than this (seconds) and not read or not applied; absent where nothing is known of one. */
  lagSeconds(): number | undefined {
    const oldest = Math.min(...this.#all.flatMap((walk) => walk.oldest ?? []))
    if (!Number.isFinite(oldest)) return undefined
    return Math.max(0, Math.round((this.#engine.runtime.clock() - oldest) / 1000))
  }

  get #all(): ShardWalk[] {
    return [...this.#walks.values()]
  }
}
