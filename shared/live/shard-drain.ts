import { type ShardCursor, saveCursors } from '../ledger/shards.ts'
import type { LedgerTable } from '../ledger/table.ts'
import type { Runtime } from '../runtime/ports.ts'
import { keepsFrom } from './listed-shards.ts'
import type { ShardReader, Stream, StreamRecord } from './ports.ts'

/** Pause between an empty read and the next one. A shard allows five reads a second, and the mapping reads too. */
export const pollMs = 1_000
/** The same for an ended shard: it has an end to reach, and the mapping has mostly read it already. */
const pollEndedMs = 250

/**
 * Empty reads required for silence, besides its time: a process that stood still between two reads has not listened,
 * and two or three empty reads in a row are common.
 */
const leastEmptyReads = 5

/**
 * `going`: read again. `closed`: the shard has ended. `past`: a record later than T came. `silent`: nothing more comes.
 * `behind`: a record has not been applied yet.
 */
export type Standing = { kind: 'going' | 'closed' | 'past' | 'silent' | 'trimmed' } | { kind: 'behind'; at: number }

export interface ShardDrainEngine {
  ledger: LedgerTable
  /** The key of its rows in the ledger: the run's id for the source's stream. */
  feed: string
  /** Changes from before this moment (ms) are not the feed's. */
  since: number
  /** How many of the records, from the first on, have been applied. A record from before `since` counts as applied. */
  countApplied(records: StreamRecord[], since: number): Promise<number>
  /** With retries. */
  stream: Stream
  runtime: Runtime
  /**
   * How long an open shard must return no records to count as read to its end. 60,000 with the real service, where a
   * single empty read proves nothing. An invocation must be longer than this.
   */
  silenceMs: number
  /**
   * A record counts as later than T only if it is later by more than this: its time may be coarse, and this clock may
   * be off.
   */
  slackMs: number
}

/** Reads one shard from its cursor on, and moves the cursor past applied records. */
export class ShardDrain {
  cursor: ShardCursor
  standing: Standing = { kind: 'going' }
  /** When the next read is due. */
  readAfter = 0
  readonly #engine: ShardDrainEngine
  readonly #past: number
  #ended: boolean
  #reader: ShardReader | undefined
  #silentSince: number | undefined
  #emptyReads = 0
  #wasSilentWhileOpen = false
  /** Time of the last record read. */
  #readTo: number | undefined

  /** @param past T, ms since the epoch. */
  constructor(cursor: ShardCursor, ended: boolean, past: number, engine: ShardDrainEngine) {
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
   * A lower bound (ms) of the time of every unread or unapplied change in this shard; `undefined` if all are applied,
   * or if nothing is known of the rest.
   */
  get oldest(): number | undefined {
    const { standing } = this
    if (standing.kind === 'behind') return standing.at
    if (standing.kind !== 'going' || this.#readTo === undefined) return undefined
    // After an empty read of an open shard there is mostly nothing left.
    return this.#ended || this.#emptyReads === 0 ? Math.max(this.#engine.since, this.#readTo) : undefined
  }

  /** The shard gets no more records, according to a list or to a read. */
  get hasEnded(): boolean {
    return this.#ended || this.standing.kind === 'closed'
  }

  /**
   * Applies a list that was read after the last read of the shard. If the shard is open now, it was open while it was
   * silent, so that silence counts for good. If it has ended, silence proves nothing, because a read must in the end
   * return that it is closed.
   * @returns whether the shard must be read further.
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
    // If no record was seen, the listing has checked that no unread record is old enough to be lost.
    const isLost = trimmed && this.cursor.after !== undefined && !keepsFrom(since, runtime.clock())
    if (isLost || this.#missesNext(records, closed)) {
      this.standing = { kind: 'trimmed' }
      return
    }
    this.#readTo = records.at(-1)?.at ?? this.#readTo
    const late = records.findIndex(({ at }) => at > this.#past + slackMs)
    const due = late < 0 ? records : records.slice(0, late)
    const applied = await this.#engine.countApplied(due, since)
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

  /** Whether the record at `next`, which existed and was not known to be applied, is no longer the first one. */
  #missesNext([first]: StreamRecord[], closed: boolean): boolean {
    const { next } = this.cursor
    return next !== undefined && (first ? first.seq > next : closed)
  }

  #position(applied: StreamRecord | undefined, trimmed: boolean): Pick<ShardCursor, 'after' | 'next'> {
    if (applied) return { after: applied.seq }
    const { after, next } = this.cursor
    // The trimmed records do not belong to this run: it continues at the horizon.
    return { ...(!trimmed && after !== undefined && { after }), ...(next !== undefined && { next }) }
  }

  #listen(hadRecords: boolean): void {
    const now = this.#engine.runtime.clock()
    if (hadRecords) {
      this.#silentSince = now
      this.#emptyReads = 0
      return
    }
    this.#emptyReads++
    const silentMs = now - (this.#silentSince ?? now)
    if (!this.#ended && silentMs >= this.#engine.silenceMs && this.#emptyReads >= leastEmptyReads) {
      const isLost = this.cursor.next !== undefined && !keepsFrom(this.#engine.since, now)
      this.standing = { kind: isLost ? 'trimmed' : 'silent' }
    } else this.readAfter = now + (this.#ended ? pollEndedMs : pollMs)
  }

  async #move(cursor: ShardCursor): Promise<void> {
    const { after, next, closed } = this.cursor
    this.cursor = cursor
    if (cursor.after === after && cursor.next === next && cursor.closed === closed) return
    const { ledger, feed, runtime } = this.#engine
    await saveCursors(ledger, feed, [cursor], runtime.clock())
  }
}
