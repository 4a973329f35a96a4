import { encodeKeyValue, keyOf } from '../../shared/dynamodb/key.ts'
import type { Shard, ShardPage, ShardReader, Stream, StreamRecord } from '../../shared/live/ports.ts'
import type { Clock } from '../../shared/runtime/ports.ts'
import { hash } from './key-order.ts'
import type { Change, MemoryTable } from './table.ts'

/** Number of values of {@link hash}. */
const HASHES = 2 ** 32
/** Records of one answer: few, so that tests see several. */
const ANSWER = 10
/** Shards of one page of their list. */
const PAGE = 2

interface MemoryShard extends Omit<Shard, 'ended'> {
  /** Part of the hash space it takes: `[from, to)`. */
  from: number
  to: number
  closed: boolean
  records: StreamRecord[]
  /** Sequence number of the last record, ever. */
  last: bigint
  /** Highest sequence number thrown away. */
  trimmed: string
}

/** The stream of a table in memory, from now on. */
export function memoryStream(table: MemoryTable, clock: Clock, shards = 4): MemoryStream {
  return new MemoryStream(table, clock, shards)
}

/**
 * A DynamoDB stream in memory: a record for every change, in the shard of its key; shards split and leave children; old
 * records are trimmed. Sequence numbers grow in a shard and on into its children, and say nothing across shards. Times are
 * rounded down to a second. The first answers of a reader are empty: that alone proves nothing.
 */
export class MemoryStream implements Stream {
  readonly arn = 'arn:stream:source'
  enabled = true
  /** Empty answers of a reader before its first true one. */
  emptyAnswers = 1
  readonly #shards: MemoryShard[] = []
  readonly #table: MemoryTable
  readonly #clock: Clock

  constructor(table: MemoryTable, clock: Clock, shards: number) {
    this.#table = table
    this.#clock = clock
    for (let i = 0; i < shards; i++)
      this.#add(undefined, Math.floor((HASHES * i) / shards), Math.floor((HASHES * (i + 1)) / shards))
    const others = table.onChange
    table.onChange = (change) => {
      others?.(change)
      this.#note(change)
    }
  }

  /** Every record that is kept, shard by shard. */
  records(): StreamRecord[] {
    return this.#shards.flatMap((shard) => shard.records.map(copy))
  }

  /** Every shard there is. */
  all(): Shard[] {
    return this.#shards.map(({ id, parent, closed }) => ({
      id,
      ...(parent !== undefined && { parent }),
      ended: closed,
    }))
  }

  async shards(after?: string): Promise<ShardPage> {
    const all = this.all()
    const from = after === undefined ? 0 : all.findIndex(({ id }) => id === after) + 1
    const shards = all.slice(from, from + PAGE)
    const { enabled } = this
    return from + PAGE < all.length ? { shards, next: (shards.at(-1) as Shard).id, enabled } : { shards, enabled }
  }

  async open(id: string, after: string | undefined): Promise<ShardReader> {
    let position = after ?? ''
    let empty = this.emptyAnswers
    return {
      next: async () => {
        const shard = this.#shards.find((each) => each.id === id)
        if (!shard) return { records: [], closed: true, trimmed: true }
        if (position !== '' && position < shard.trimmed) {
          position = ''
          return { records: [], closed: false, trimmed: true }
        }
        if (empty > 0) {
          empty--
          return { records: [], closed: false }
        }
        const rest = shard.records.filter(({ seq }) => seq > position)
        const records = rest.slice(0, ANSWER).map(copy)
        position = records.at(-1)?.seq ?? position
        return { records, closed: shard.closed && records.length === rest.length }
      },
    }
  }

  /** Closes a shard and opens one in its place, as the service does several times a day. */
  replace(id: string): void {
    const shard = this.#close(id)
    this.#add(shard, shard.from, shard.to)
  }

  /** Closes a shard and opens two in its place, as the service does where a partition splits. */
  split(id: string): void {
    const shard = this.#close(id)
    const middle = Math.floor((shard.from + shard.to) / 2)
    this.#add(shard, shard.from, middle)
    this.#add(shard, middle, shard.to)
  }

  /**
   * Throws away records older than `before` (ms), up to the first that is not, and closed shards that have none left.
   * Returns those records.
   */
  trim(before: number): StreamRecord[] {
    const trimmed: StreamRecord[] = []
    for (const shard of this.#shards) {
      // From the front only: a record of an item may show after a later one of another.
      const kept = shard.records.findIndex(({ at }) => at >= before)
      const old = shard.records.splice(0, kept < 0 ? shard.records.length : kept)
      shard.trimmed = old.at(-1)?.seq ?? shard.trimmed
      trimmed.push(...old)
    }
    // The oldest first: a shard outlives the one that it replaced.
    for (const shard of [...this.#shards]) {
      const isOldest = !this.#shards.some(({ id }) => id === shard.parent)
      if (shard.closed && shard.records.length === 0 && isOldest) this.#shards.splice(this.#shards.indexOf(shard), 1)
    }
    return trimmed
  }

  #close(id: string): MemoryShard {
    const shard = this.#shards.find((each) => each.id === id && !each.closed)
    if (!shard) throw new Error(`Expected ${id} to be an open shard`)
    shard.closed = true
    return shard
  }

  #add(parent: MemoryShard | undefined, from: number, to: number): void {
    const id = `${parent?.id ?? 'shard'}-${from.toString(16).padStart(8, '0')}`
    // Far apart and out of order, so that comparing numbers of two shards goes wrong.
    const last = (parent?.last ?? 0n) + BigInt(hash(id)) * 10n ** 25n
    this.#shards.push({
      id,
      ...(parent && { parent: parent.id }),
      from,
      to,
      closed: false,
      records: [],
      last,
      trimmed: '',
    })
  }

  #note(change: Change): void {
    const key = keyOf(this.#table.schema, (change.new ?? change.old) as NonNullable<Change['new']>)
    if (!key) throw new Error('Expected a change of an item with the key of its table')
    const place = hash(encodeKeyValue(key.pk))
    const shard = this.#shards.find(({ from, to, closed }) => !closed && from <= place && place < to) as MemoryShard
    shard.last += 1n + BigInt(place % 7)
    const at = Math.floor(this.#clock() / 1000) * 1000
    shard.records.push(copy({ key, seq: shard.last.toString().padStart(40, '0'), at, ...change }))
  }
}

function copy(record: StreamRecord): StreamRecord {
  return structuredClone(record)
}
