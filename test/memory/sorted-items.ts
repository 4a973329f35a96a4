import type { Attributes } from '../../shared/dynamodb/attributes.ts'
import type { Key } from '../../shared/dynamodb/key.ts'
import { hash, lowerBound, segmentOf } from './key-order.ts'

/** Where an item lies: `id` stands for its partition key, `order` for its sort key. */
export interface Position {
  id: string
  order: Buffer
}

export interface Entry extends Position {
  key: Key
  attributes: Attributes
  bytes: number
}

/** All items of one partition key, in sort-key order. */
interface Partition {
  hash: number
  id: string
  entries: Entry[]
}

/** Items as DynamoDB lays them out: partitions in the order of their hash, each sorted. Binary search everywhere. */
export class SortedItems {
  readonly #partitions: Partition[] = []
  readonly #byId = new Map<string, Partition>()
  #size = 0

  get size(): number {
    return this.#size
  }

  all(): Entry[] {
    return this.#partitions.flatMap((partition) => partition.entries)
  }

  find({ id, order }: Position): Entry | undefined {
    const entries = this.#byId.get(id)?.entries ?? []
    const entry = entries[atOrAbove(entries, order)]
    return entry?.order.equals(order) ? entry : undefined
  }

  /** Stores the entry and answers the one it replaces. */
  set(entry: Entry): Entry | undefined {
    const { entries } = this.#byId.get(entry.id) ?? this.#open(entry.id)
    const index = atOrAbove(entries, entry.order)
    const old = entries[index]?.order.equals(entry.order) ? entries[index] : undefined
    entries.splice(index, old ? 1 : 0, entry)
    if (!old) this.#size++
    return old
  }

  /** Removes and answers the entry at this position, if there is one. */
  remove(position: Position): Entry | undefined {
    const entry = this.find(position)
    const partition = this.#byId.get(position.id)
    if (!entry || !partition) return undefined
    partition.entries.splice(atOrAbove(partition.entries, position.order), 1)
    if (partition.entries.length === 0) {
      this.#byId.delete(partition.id)
      this.#partitions.splice(this.#indexOf(partition), 1)
    }
    this.#size--
    return entry
  }

  /** Entries of one segment after a position, which must belong to it but need not be taken. */
  *segment(segment: number, totalSegments: number, after?: Position): Generator<Entry> {
    const start = after && { id: after.id, hash: hash(after.id) }
    const first = start
      ? this.#indexOf(start)
      : lowerBound(this.#partitions, (each) => segmentOf(each.hash, totalSegments) >= segment)
    for (let i = first; i < this.#partitions.length; i++) {
      const { id, entries, hash } = this.#partitions[i] as Partition
      if (segmentOf(hash, totalSegments) !== segment) return
      const from = after?.id === id ? above(entries, after.order) : 0
      for (let j = from; j < entries.length; j++) yield entries[j] as Entry
    }
  }

  /** Entries of one partition key with `low < order <= high`. */
  *range(id: string, low: Buffer | undefined, high: Buffer | undefined, reverse: boolean): Generator<Entry> {
    const entries = this.#byId.get(id)?.entries ?? []
    const first = low ? above(entries, low) : 0
    const end = high ? above(entries, high) : entries.length
    for (let i = 0; i < end - first; i++) yield entries[reverse ? end - 1 - i : first + i] as Entry
  }

  #open(id: string): Partition {
    const partition = { id, hash: hash(id), entries: [] }
    this.#partitions.splice(this.#indexOf(partition), 0, partition)
    this.#byId.set(id, partition)
    return partition
  }

  #indexOf({ id, hash }: { id: string; hash: number }): number {
    return lowerBound(this.#partitions, (each) => each.hash > hash || (each.hash === hash && each.id >= id))
  }
}

function atOrAbove(entries: Entry[], order: Buffer): number {
  return lowerBound(entries, (entry) => Buffer.compare(entry.order, order) >= 0)
}

function above(entries: Entry[], order: Buffer): number {
  return lowerBound(entries, (entry) => Buffer.compare(entry.order, order) > 0)
}
