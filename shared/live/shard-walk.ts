import { type ShardCursor, saveCursors } from '../ledger/shards.ts'
import type { Runtime } from '../runtime/ports.ts'
import { type AppliedEngine, countApplied } from './applied.ts'
import type { ShardReader, Stream } from './ports.ts'

/** Between an answer without records and the next read. Five reads a second a shard are allowed, and the mapping reads too. */
export const pollMs = 1_000

/**
 * Empty answers that silence takes besides its time: a process that stood still between two reads has not listened, and
 * two or three empty answers in a row are common.
 */
const leastEmptyAnswers = 5

/**
 * `going`: ask again. `closed`: the shard has ended. `past`: a record later than T came. `silent`: nothing more comes.
 * `behind`: a record has not been applied yet.
 */
export type Standing = { kind: 'going' | 'closed' | 'past' | 'silent' | 'trimmed' } | { kind: 'behind'; at: number }

export interface ShardWalkEngine extends AppliedEngine {
  stream: Stream
  runtime: Runtime
  /**
   * How long an open shard must answer nothing to have ended: 60,000 with the real service, whose empty answers prove
   * nothing. One invocation must be longer.
   */
  silenceMs: number
  /** A record counts as later than T only if it is later by more: its time may be coarse, and this clock off. */
  slackMs: number
}

/** Reads one shard on from its cursor, and moves the cursor over what has been applied. */
export class ShardWalk {
  cursor: ShardCursor
  standing: Standing = { kind: 'going' }
  /** The next read is due then. */
  readAfter = 0
  readonly #engine: ShardWalkEngine
  readonly #past: number
  #reader: ShardReader | undefined
  #silentSince: number | undefined
  #emptyAnswers = 0

  /** @param past T, ms since the epoch. */
  constructor(cursor: ShardCursor, past: number, engine: ShardWalkEngine) {
    this.cursor = cursor
    this.#past = past
    this.#engine = engine
    if (cursor.closed) this.standing = { kind: 'closed' }
  }

  get going(): boolean {
    return this.standing.kind === 'going'
  }

  /** One read of the shard. */
  async step(): Promise<void> {
    this.#reader ??= await this.#engine.stream.open(this.cursor.shard, this.cursor.after)
    this.#silentSince ??= this.#engine.runtime.clock()
    const { records, closed, trimmed } = await this.#reader.next()
    if (trimmed) {
      this.standing = { kind: 'trimmed' }
      return
    }
    const late = records.findIndex(({ at }) => at > this.#past + this.#engine.slackMs)
    const due = late < 0 ? records : records.slice(0, late)
    const applied = await countApplied(due, this.#engine)
    const behind = due[applied]
    await this.#move(due[applied - 1]?.seq, closed && late < 0 && !behind)
    if (behind) this.standing = { kind: 'behind', at: behind.at }
    else if (late >= 0) this.standing = { kind: 'past' }
    else if (closed) this.standing = { kind: 'closed' }
    else this.#listen(records.length > 0)
  }

  #listen(answered: boolean): void {
    const now = this.#engine.runtime.clock()
    if (answered) {
      this.#silentSince = now
      this.#emptyAnswers = 0
      return
    }
    this.#emptyAnswers++
    const silentMs = now - (this.#silentSince ?? now)
    if (silentMs >= this.#engine.silenceMs && this.#emptyAnswers >= leastEmptyAnswers)
      this.standing = { kind: 'silent' }
    else this.readAfter = now + pollMs
  }

  async #move(after: string | undefined, closed: boolean): Promise<void> {
    if (after === undefined && !closed) return
    this.cursor = { ...this.cursor, closed, ...(after !== undefined && { after }) }
    const { ledger, run, runtime } = this.#engine
    await saveCursors(ledger, run, [this.cursor], runtime.clock())
  }
}
