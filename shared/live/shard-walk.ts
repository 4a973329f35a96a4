import { type ShardCursor, saveCursors } from '../ledger/shards.ts'
import type { Runtime } from '../runtime/ports.ts'
import { type AppliedEngine, countApplied } from './applied.ts'
import { keepsFrom } from './follow.ts'
import type { ShardReader, Stream, StreamRecord } from './ports.ts'

/** Between an answer without records and the next read. Five reads a second a shard are allowed, and the mapping reads too. */
export const pollMs = 1_000
/** The same where the shard has ended: there is an end to come to, and the mapping has mostly been there. */
const pollEndedMs = 250

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
  #ended: boolean
  #reader: ShardReader | undefined
  #silentSince: number | undefined
  #emptyAnswers = 0
  #wasSilentWhileOpen = false
  /** Time of the last record read. */
  #readTo: number | undefined

  /** @param past T, ms since the epoch. */
  constructor(cursor: ShardCursor, ended: boolean, past: number, engine: ShardWalkEngine) {
    this.cursor = cursor
    this.#ended = ended
    this.#past = past
    this.#engine = engine
    if (cursor.closed) this.standing = { kind: 'closed' }
  }

  get going(): boolean {
    return this.standing.kind === 'going'
  }

  /**
   * No change that matters and is older (ms) is left unread or unapplied in this shard; absent where all is applied, or
   * nothing is known of what is left.
   */
  get oldest(): number | undefined {
    const { standing } = this
    if (standing.kind === 'behind') return standing.at
    if (standing.kind !== 'going' || this.#readTo === undefined) return undefined
    // After an empty answer of an open shard there is mostly nothing left.
    return this.#ended || this.#emptyAnswers === 0 ? Math.max(this.#engine.since, this.#readTo) : undefined
  }

  /** Nothing is added to it any more, by a list or by what it answered. */
  get hasEnded(): boolean {
    return this.#ended || this.standing.kind === 'closed'
  }

  /**
   * Takes in what a list says that was asked for after the last read. A shard that is open now was so while it was silent,
   * which is therefore believed for good. Of one that has ended silence proves nothing, however long, because it answers in
   * the end that it is closed: says whether it must be read on.
   */
  listed(ended: boolean): boolean {
    this.#ended ||= ended
    if (this.standing.kind !== 'silent' || this.#wasSilentWhileOpen) return false
    this.#wasSilentWhileOpen = !this.#ended
    if (this.#ended) this.standing = { kind: 'going' }
    return this.#ended
  }

  /** One read of the shard. */
  async step(): Promise<void> {
    const { stream, runtime, since, slackMs } = this.#engine
    this.#reader ??= await stream.open(this.cursor.shard, this.cursor.after)
    this.#silentSince ??= runtime.clock()
    const { records, closed, trimmed } = await this.#reader.next()
    // Where no record was seen, whoever listed the shards has made sure that none is old enough.
    const isLost = trimmed && this.cursor.after !== undefined && !keepsFrom(since, runtime.clock())
    if (isLost || this.#lacksNext(records, closed)) {
      this.standing = { kind: 'trimmed' }
      return
    }
    this.#readTo = records.at(-1)?.at ?? this.#readTo
    const late = records.findIndex(({ at }) => at > this.#past + slackMs)
    const due = late < 0 ? records : records.slice(0, late)
    const applied = await countApplied(due, this.#engine)
    const behind = due[applied]
    const next = records[applied]
    await this.#move({
      shard: this.cursor.shard,
      ...(this.cursor.parent !== undefined && { parent: this.cursor.parent }),
      ...this.#position(due[applied - 1], trimmed === true),
      ...(next && { next: next.seq }),
      closed: closed && late < 0 && !behind,
    })
    if (behind) this.standing = { kind: 'behind', at: behind.at }
    else if (late >= 0) this.standing = { kind: 'past' }
    else if (closed) this.standing = { kind: 'closed' }
    else this.#listen(records.length > 0)
  }

  /** A record that was there, and not known to be applied, is not what comes first now. */
  #lacksNext([first]: StreamRecord[], closed: boolean): boolean {
    const { next } = this.cursor
    return next !== undefined && (first ? first.seq > next : closed)
  }

  #position(applied: StreamRecord | undefined, trimmed: boolean): Pick<ShardCursor, 'after' | 'next'> {
    if (applied) return { after: applied.seq }
    const { after, next } = this.cursor
    // What was thrown away is none of this run's: it goes on at the horizon.
    return { ...(!trimmed && after !== undefined && { after }), ...(next !== undefined && { next }) }
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
    if (!this.#ended && silentMs >= this.#engine.silenceMs && this.#emptyAnswers >= leastEmptyAnswers) {
      const isLost = this.cursor.next !== undefined && !keepsFrom(this.#engine.since, now)
      this.standing = { kind: isLost ? 'trimmed' : 'silent' }
    } else this.readAfter = now + (this.#ended ? pollEndedMs : pollMs)
  }

  async #move(cursor: ShardCursor): Promise<void> {
    const { after, next, closed } = this.cursor
    this.cursor = cursor
    if (cursor.after === after && cursor.next === next && cursor.closed === closed) return
    const { ledger, run, runtime } = this.#engine
    await saveCursors(ledger, run, [cursor], runtime.clock())
  }
}
