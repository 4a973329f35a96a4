import { isDeepStrictEqual } from 'node:util'
import { type Attributes, attributeOf, type KeyValue } from '../../shared/dynamodb/attributes.ts'
import type { DynamoDbError } from '../../shared/dynamodb/errors.ts'
import { itemBytes, maxItemBytes } from '../../shared/dynamodb/item-size.ts'
import { isRefused, type Refused, refusalOf } from '../../shared/dynamodb/judge.ts'
import { type IndexKey, type Key, type KeyAttribute, keyOf, type TableSchema } from '../../shared/dynamodb/key.ts'
import type { Page, QueryRequest, ScanRequest, Table, WriteResult } from '../../shared/dynamodb/ports.ts'
import type { RawItem } from '../../shared/dynamodb/raw-item.ts'
import { invalid } from './invalid.ts'
import { hash, orderBytes, segmentOf } from './key-order.ts'
import { type Entry, type Position, SortedItems } from './sorted-items.ts'
import { storedForm } from './stored-form.ts'

/** One mutation: `old` is absent for a new item, `new` for a deleted one. Putting an equal item is no mutation. */
export interface Change {
  old?: Attributes
  new?: Attributes
}

/** Source of these limits: "Quotas in Amazon DynamoDB". */
const PAGE_BYTES = 1024 * 1024
const PK_BYTES = 2048
const SK_BYTES = 1024
const NO_SORT_KEY = Buffer.alloc(0)

/** An empty table in memory. */
export function memoryTable(schema: TableSchema, name: string): MemoryTable {
  return new MemoryTable(schema, name)
}

/**
 * A DynamoDB table in memory: partition keys in the order of their hash, each with its items in sort-key order; pages,
 * start keys, segments and refusals like the service. It never throttles and never fails: faults are decorators. Every
 * operation happens at once when it is called.
 */
export class MemoryTable implements Table {
  readonly name: string
  readonly schema: TableSchema
  /** What only the service knows to be wrong with an item, by a word for it. */
  refuses: ((item: Attributes) => string | undefined) | undefined
  /** Called at once after each mutation, with attributes the observer must not change. */
  onChange: ((change: Change) => void) | undefined
  readonly #items = new SortedItems()

  constructor(schema: TableSchema, name: string) {
    this.name = name
    this.schema = schema
  }

  /** Number of items. */
  get size(): number {
    return this.#items.size
  }

  /** All items in the order of a scan: what is stored, not to be changed. */
  items(): Attributes[] {
    return this.#items.all().map((entry) => entry.attributes)
  }

  /** The item of this key: what is stored, not to be changed. */
  find(key: Key): Attributes | undefined {
    return this.#items.find(this.#position(key))?.attributes
  }

  /** What the service says to an item, where it refuses it. */
  refusalOf(item: RawItem): DynamoDbError | undefined {
    try {
      this.#entry(item.attributes())
      return undefined
    } catch (error) {
      if (refusalOf(error) === undefined) throw error
      return error as DynamoDbError
    }
  }

  /** Puts one item, as an application writes. */
  store(attributes: Attributes): void {
    this.#set(this.#entry(attributes))
  }

  /** Deletes one item, if it is there. */
  delete(key: Key): void {
    const old = this.#items.remove(this.#position(key))
    if (old) this.onChange?.({ old: old.attributes })
  }

  async scan({ segment, totalSegments, after, limit }: ScanRequest): Promise<Page> {
    if (!(segment >= 0 && segment < totalSegments && totalSegments <= 1_000_000))
      throw invalid('a segment below totalSegments, which is at most 1,000,000', `${segment} of ${totalSegments}`)
    const start = after && this.#position(after)
    const startsIn = start ? segmentOf(hash(start.id), totalSegments) : segment
    if (startsIn !== segment) throw invalid(`a start key within segment ${segment}`, `one within ${startsIn}`)
    return page(this.#items.segment(segment, totalSegments, start), limit)
  }

  async query({ pk, after, upTo, limit, reverse = false }: QueryRequest): Promise<Page> {
    const low = after && this.#position({ pk, sk: after }).order
    const high = upTo && this.#position({ pk, sk: upTo }).order
    if (low && high && Buffer.compare(low, high) > 0) throw invalid('`after` not above `upTo`', 'the opposite')
    return page(this.#items.range(this.#id(pk), low, high, reverse), limit)
  }

  /** In the reverse of the order asked: the service promises none. */
  async get(keys: Key[]): Promise<RawItem[]> {
    if (keys.length > 100) throw invalid('at most 100 keys', `${keys.length}`)
    const positions = keys.map((key) => this.#position(key))
    keys.forEach(assertSizes)
    assertDistinct(positions)
    return positions
      .flatMap((position) => this.#items.find(position) ?? [])
      .map(answer)
      .reverse()
  }

  async put(items: RawItem[]): Promise<WriteResult[]> {
    return this.#entries(items).map((entry) => {
      if (!isRefused(entry)) this.#set(entry)
      return isRefused(entry) ? entry : 'written'
    })
  }

  async insert(items: RawItem[]): Promise<WriteResult[]> {
    return this.#entries(items).map((entry) => {
      if (isRefused(entry)) return entry
      if (this.#items.find(entry)) return 'present'
      this.#set(entry)
      return 'written'
    })
  }

  /** What a call refuses is checked before anything is stored; single items that are refused do not affect others. */
  #entries(items: RawItem[]): (Entry | Refused)[] {
    const entries = items.map((item) => {
      try {
        return this.#entry(item.attributes())
      } catch (error) {
        const refused = refusalOf(error)
        if (refused === undefined) throw error
        return { refused }
      }
    })
    assertDistinct(entries.flatMap((entry) => (isRefused(entry) ? [] : [entry])))
    return entries
  }

  #entry(given: Attributes): Entry {
    const attributes = storedForm(given)
    const key = keyOf(this.schema, attributes)
    if (!key) throw invalid('an item with the key of the table', 'another')
    assertSizes(key)
    for (const indexKey of this.schema.indexKeys ?? []) assertIndexKey(attributes, indexKey)
    const bytes = itemBytes(attributes)
    if (bytes > maxItemBytes) throw invalid(`an item of at most ${maxItemBytes} bytes`, `${bytes}`)
    const word = this.refuses?.(attributes)
    if (word !== undefined) throw invalid('an item that the service takes', word)
    return { ...this.#position(key), key, attributes, bytes }
  }

  #set(entry: Entry): void {
    const old = this.#items.set(entry)
    if (!old) this.onChange?.({ new: entry.attributes })
    else if (!isDeepStrictEqual(old.attributes, entry.attributes))
      this.onChange?.({ old: old.attributes, new: entry.attributes })
  }

  #position({ pk, sk }: Key): Position {
    if (sk || this.schema.sk) assertType(sk, this.schema.sk)
    return { id: this.#id(pk), order: sk ? orderBytes(sk) : NO_SORT_KEY }
  }

  #id(pk: KeyValue): string {
    assertType(pk, this.schema.pk)
    return orderBytes(pk).toString('latin1')
  }
}

function assertType(value: KeyValue | undefined, attribute: KeyAttribute | undefined): void {
  if (!value || !attribute || !(attribute.type in value))
    throw invalid(
      attribute ? `a value of type ${attribute.type} for the key ${attribute.name}` : 'no sort key',
      'another',
    )
}

function assertSizes({ pk, sk }: Key): void {
  assertSize(pk, PK_BYTES)
  if (sk) assertSize(sk, SK_BYTES)
}

function assertSize(value: KeyValue, most: number): void {
  const { length } = orderBytes(value)
  if (length === 0 || length > most) throw invalid(`a key value of 1 to ${most} bytes`, `${length}`)
}

function assertIndexKey(item: Attributes, { attributes, maxBytes }: IndexKey): void {
  let bytes = 0
  for (const attribute of attributes) {
    const value = attributeOf(item, attribute.name) as KeyValue | undefined
    if (!value) continue
    assertType(value, attribute)
    const weighs = itemBytes({ '': value })
    if (weighs === 0) throw invalid('an index key value', 'an empty one')
    bytes += weighs
  }
  if (bytes > maxBytes) throw invalid(`index key values of at most ${maxBytes} bytes`, `${bytes}`)
}

function assertDistinct(positions: Position[]): void {
  const { size } = new Set(positions.map(({ id, order }) => `${order.toString('hex')} ${id}`))
  if (size < positions.length) throw invalid('distinct keys', `${positions.length - size} repeated`)
}

/** A page ends at its limit or with the item that passes 1 MB; it then has a `next` even where nothing follows. */
function page(entries: Iterable<Entry>, limit: number): Page {
  if (!(limit >= 1)) throw invalid('a limit of at least 1', `${limit}`)
  const items: RawItem[] = []
  let bytes = 0
  for (const entry of entries) {
    items.push(answer(entry))
    bytes += entry.bytes
    if (items.length === limit || bytes > PAGE_BYTES) return { items, next: entry.key }
  }
  return { items }
}

/** Every reader gets attributes of its own: what it does to them must not reach the table. */
function answer({ key, attributes }: Entry): RawItem {
  return { key, attributes: () => storedForm(attributes) }
}
