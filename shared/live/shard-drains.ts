import type { ListedShard } from './listed-shards.ts'
import { ShardDrain, type ShardDrainEngine } from './shard-drain.ts'

/** One poll of a stream: a {@link ShardDrain} for each shard that may hold changes up to T. */
export class ShardDrains {
  readonly #drains = new Map<string, ShardDrain>()
  /**
   * Shards that were still open later than T, and their descendants. The shards after them hold only later changes.
   * Shards are replaced every few hours, so a large stream has a new one in every poll.
   */
  readonly #openLater = new Set<string>()
  readonly #past: number
  readonly #engine: ShardDrainEngine

  /** @param past T, ms since the epoch. */
  constructor(past: number, engine: ShardDrainEngine) {
    this.#past = past
    this.#engine = engine
  }

  /**
   * Applies a list requested at `listedAt` (ms), after all known shards have been read.
   * @returns whether the list leaves nothing more to read.
   */
  list(listed: ListedShard[], listedAt: number): boolean {
    // The slack covers differences of clocks and an old list.
    const isLater = listedAt >= this.#past + this.#engine.slackMs
    let nothingMore = true
    for (const { cursor, ended } of listed) {
      const { shard, parent } = cursor
      const known = this.#drains.get(shard)
      if (!known && parent !== undefined && this.#openLater.has(parent)) {
        this.#openLater.add(shard)
        continue
      }
      const drain = known ?? new ShardDrain(cursor, ended, this.#past, this.#engine)
      this.#drains.set(shard, drain)
      if (!known || drain.listed(ended)) nothingMore = false
      if (isLater && !drain.hasEnded) this.#openLater.add(shard)
    }
    return nothingMore
  }

  /** Shards to read further. A shard is read once its parent has no relevant records left. */
  get open(): ShardDrain[] {
    return this.#all.filter(({ going, cursor: { parent } }) => {
      const before = parent === undefined ? undefined : this.#drains.get(parent)
      return going && (!before || ['closed', 'silent', 'past'].includes(before.standing.kind))
    })
  }

  /** Shards with a change that is not applied yet. */
  get behind(): ShardDrain[] {
    return this.#all.filter(({ standing }) => standing.kind === 'behind')
  }

  /** Whether a shard has ended and its children, which may hold changes up to T, are missing from the list. */
  missChildren(listed: ListedShard[]): boolean {
    return listed.some(({ childless, cursor: { shard } }) => {
      const drain = this.#drains.get(shard)
      return childless && drain?.hasEnded && drain.standing.kind !== 'past' && !this.#openLater.has(shard)
    })
  }

  /**
   * A moment (ms), valid once everything readable has been read: a shard with no record seen holds no older record.
   * Shards behind an unapplied change were not read, and hold only records younger than that change.
   *
   * @param listedAt when the first list was requested, ms since the epoch.
   */
  unseenFrom(listedAt: number): number {
    if (!this.#all.some(({ going }) => going)) return listedAt
    return Math.min(listedAt, ...this.behind.flatMap(({ oldest }) => oldest ?? []))
  }

  /** No unread or unapplied change is older than this (seconds); `undefined` if none is known. */
  lagSeconds(): number | undefined {
    const oldest = Math.min(...this.#all.flatMap((drain) => drain.oldest ?? []))
    if (!Number.isFinite(oldest)) return undefined
    return Math.max(0, Math.round((this.#engine.runtime.clock() - oldest) / 1000))
  }

  get #all(): ShardDrain[] {
    return [...this.#drains.values()]
  }
}
