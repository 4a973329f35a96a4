import type { Clock, Random } from '../../shared/runtime/ports.ts'
import { SearchError, type SearchErrorCode } from '../../shared/search/errors.ts'
import { markField } from '../../shared/search/item-mark.ts'
import type { Json, JsonObject } from '../../shared/search/json.ts'
import { mappingProblem, requiresRouting } from '../../shared/search/mapping-rules.ts'
import type {
  AliasChange,
  DocumentId,
  IndexState,
  NewIndex,
  Search,
  Stored,
  WalkPage,
  WalkRequest,
  Write,
  WriteFailure,
  WriteResult,
} from '../../shared/search/ports.ts'

/** A version that an index remembers of a deleted document, and since when. */
interface Tombstone {
  version: number
  at: number
}

/** One shard. `visible` is what the last refresh made visible. */
interface Shard {
  documents: Map<string, Stored>
  visible: Map<string, Stored>
  tombstones: Map<string, Tombstone>
}

interface Index {
  name: string
  uuid: string
  aliases: Map<string, JsonObject>
  settings: JsonObject
  mappings: JsonObject
  shards: Shard[]
  refreshedAt: number
}

/** Node settings that refuse large requests. */
interface Limits {
  /** `http.max_content_length`. */
  requestBytes: number
  /** `indexing_pressure.memory.limit`. */
  pressureBytes: number
}

export interface MemorySearchOptions {
  clock: Clock
  random: Random
  /** @default those of a large node */
  limits?: Limits
  /** Asked for each write before it is made: a reason why this one fails, so that a bulk succeeds in part. */
  fail?: (write: Write) => WriteFailure | undefined
}

/**
 * A search cluster in memory: held to the real one by the contract suite. What takes effect does so at once when a method
 * is called; a simulator delays calls, or loses their answers, around it.
 */
export class MemorySearch implements Search {
  readonly #options: MemorySearchOptions
  readonly #indices = new Map<string, Index>()

  constructor(options: MemorySearchOptions) {
    this.#options = options
  }

  async info() {
    return { distribution: 'opensearch', version: '2.19.6' }
  }

  async bulk(writes: readonly Write[]): Promise<WriteResult[]> {
    const long = writes.find(({ id }) => Buffer.byteLength(id) > 512)
    const bytes = writes.reduce((sum, write) => sum + ('json' in write ? Buffer.byteLength(write.json) : 0) + 100, 0)
    const { requestBytes, pressureBytes } = this.#options.limits ?? { requestBytes: 100e6, pressureBytes: 50e6 }
    if (bytes > requestBytes) throw failure('too-large', 'Writing documents')
    if (long) throw failure('invalid-request', 'Writing documents')
    if (bytes > pressureBytes) throw failure('pressure', 'Writing documents')
    return writes.map((write) => this.#write(write))
  }

  async get(name: string, documents: readonly DocumentId[]): Promise<(Stored | undefined)[]> {
    if (documents.length === 0) return []
    const action = `Reading documents of ${name}`
    const index = this.#one(name, action)
    return documents.map(({ id, routing }) => {
      const shard = shardOf(index, id, routing)
      if (isAway(index, shard)) throw failure('unavailable', action)
      return copy(shard.documents.get(id))
    })
  }

  async walk({ index: name, after, upTo, limit }: WalkRequest): Promise<WalkPage> {
    const documents = this.#visible(name)
      .flatMap((document) => {
        const hash = hashOf(document)
        return hash === undefined ? [] : [{ hash, document }]
      })
      .filter(({ hash }) => (after === undefined || hash > after) && (upTo === undefined || hash <= upTo))
      .toSorted((a, b) => a.hash - b.hash)
    const beyond = documents[limit]
    if (!beyond) return { documents: documents.map(({ document }) => copy(document)) }
    // A page ends between two hashes; documents of one hash, more than a page of them, are a page.
    const last = documents.slice(0, limit).findLast(({ hash }) => hash < beyond.hash)?.hash ?? beyond.hash
    const page = documents.filter(({ hash }) => hash <= last).map(({ document }) => copy(document))
    return page.length === documents.length ? { documents: page } : { documents: page, next: last }
  }

  async unmarked(name: string, limit: number) {
    const documents = this.#visible(name).filter((document) => hashOf(document) === undefined)
    return { count: documents.length, documents: documents.slice(0, limit).map(copy) }
  }

  async count(name: string): Promise<number> {
    return this.#visible(name).length
  }

  async refresh(name: string): Promise<void> {
    const action = `Refreshing ${name}`
    for (const index of this.#behind(name, action)) {
      if (isRed(index)) throw failure('unavailable', action)
      this.#refresh(index)
    }
  }

  async indices(name: string): Promise<IndexState[]> {
    return this.#resolve(name).map(({ name, uuid, aliases, settings, mappings }) =>
      structuredClone({ name, uuid, aliases: Object.fromEntries(aliases), settings: { ...settings, uuid }, mappings }),
    )
  }

  async createIndex(name: string, { settings, mappings, aliases = [] }: NewIndex): Promise<'created' | 'exists'> {
    const action = `Creating the index ${name}`
    if (this.#indices.has(name)) return 'exists'
    if (!isIndexName(name) || this.#resolve(name).length > 0) throw failure('invalid-request', action)
    if (aliases.some((alias) => this.#indices.has(alias))) throw failure('invalid-request', action)
    this.#create(name, settings, mappings, aliases)
    return 'created'
  }

  async deleteIndex(name: string): Promise<'deleted' | 'absent'> {
    if (this.#indices.delete(name)) return 'deleted'
    if (this.#resolve(name).length > 0) throw failure('invalid-request', `Deleting the index ${name}`)
    return 'absent'
  }

  async putSettings(name: string, settings: Readonly<Record<string, string | number | boolean | null>>): Promise<void> {
    const action = `Changing settings of the index ${name}`
    for (const index of this.#behind(name, action)) {
      const lifts = Object.keys(settings).every((setting) => setting.startsWith('blocks.'))
      if (!lifts && index.settings['blocks.read_only_allow_delete']) throw failure('blocked', action)
      for (const [setting, value] of Object.entries(settings)) {
        if (value === null) delete index.settings[setting]
        else index.settings[setting] = String(value)
      }
    }
  }

  async changeAliases(changes: readonly AliasChange[]): Promise<void> {
    const action = 'Changing aliases'
    const planned = changes.map((change) => {
      const { index: name, alias } = 'add' in change ? change.add : change.remove
      const index = this.#indices.get(name)
      if (!index) throw failure('not-found', action)
      if (index.settings['blocks.read_only_allow_delete']) throw failure('blocked', action)
      if ('remove' in change && !index.aliases.has(alias)) throw failure('not-found', action)
      if ('add' in change && this.#indices.has(alias)) throw failure('invalid-request', action)
      return { index, alias, change }
    })
    for (const { index, alias, change } of planned) {
      if ('remove' in change) index.aliases.delete(alias)
      else index.aliases.set(alias, structuredClone(change.add.carrying ?? {}))
    }
  }

  async health(name: string) {
    const indices = this.#behind(name, `Reading the health of the index ${name}`)
    if (indices.some(isRed)) return 'red' as const
    // One node: no replica has a place.
    const whole = indices.every(({ settings }) => Number(settings.number_of_replicas ?? 1) === 0)
    return whole ? ('green' as const) : ('yellow' as const)
  }

  /**
   * The cluster starts again, with all data and without its tombstones, as after a flush: a real one may remember some.
   * What was written is visible afterwards.
   */
  restart(): void {
    for (const index of this.#indices.values()) {
      for (const shard of index.shards) shard.tombstones.clear()
      this.#refresh(index)
    }
  }

  /** Writes as somebody who lets the index count its versions. */
  writeForeign(name: string, { id, routing }: DocumentId, document: JsonObject): void {
    const index = this.#one(name, 'Writing a document')
    if (isBlocked(index.settings)) throw failure('blocked', 'Writing a document')
    const shard = shardOf(index, id, routing)
    const version = (this.#held(index, shard, id) ?? 0) + 1
    shard.documents.set(id, stored(id, routing, version, document))
    shard.tombstones.delete(id)
  }

  /** Every document of an index as last written, refreshed or not. */
  documents(name: string): Stored[] {
    return this.#one(name, 'Reading documents').shards.flatMap(({ documents }) => [...documents.values()])
  }

  #write(write: Write): WriteResult {
    const failed = this.#options.fail?.(write)
    if (failed) return { kind: failed, reason: 'as the test wants' }
    const { alias, id, routing, version, op } = write
    let indices = this.#resolve(alias)
    if (op === 'index' && (this.#indices.has(alias) || indices.length === 0)) return result('not-found')
    // A delete does not require an alias: it creates an index by that name, if one may have it.
    if (op === 'delete' && indices.length === 0) {
      if (!isIndexName(alias)) return result('not-found')
      indices = [this.#create(alias, {}, {}, [])]
    }
    if (indices.length > 1) return result('not-found')
    const index = indices[0] as Index
    if (id === '') return result('invalid-request')
    if (routing === undefined && requiresRouting(index.mappings)) return { kind: 'rejected', reason: 'no routing' }
    if (isBlocked(index.settings)) return result('blocked')
    const shard = shardOf(index, id, routing)
    if (isAway(index, shard)) return result('unavailable')
    // The mapping is asked first: an old write is rejected, too, not in conflict.
    const document = op === 'index' ? (JSON.parse(write.json) as Json) : undefined
    const problem = document !== undefined && mappingProblem(index.mappings, document, routing)
    if (problem) return { kind: 'rejected', reason: problem }
    const holds = this.#held(index, shard, id)
    if (holds !== undefined && holds >= version) return { kind: 'conflict', holds }
    if (op === 'index') {
      shard.documents.set(id, stored(id, routing, version, document as JsonObject))
      shard.tombstones.delete(id)
    } else {
      shard.documents.delete(id)
      shard.tombstones.set(id, { version, at: this.#options.clock() })
    }
    return { kind: 'done' }
  }

  /** The version of a document, or of a delete that is remembered still. */
  #held(index: Index, shard: Shard, id: string): number | undefined {
    const tombstone = shard.tombstones.get(id)
    if (!tombstone) return shard.documents.get(id)?.version
    if (this.#options.clock() - tombstone.at <= milliseconds(index.settings.gc_deletes, 60_000))
      return tombstone.version
    shard.tombstones.delete(id)
    return undefined
  }

  #create(name: string, settings: JsonObject, mappings: JsonObject, aliases: readonly string[]): Index {
    const index: Index = {
      name,
      uuid: Array.from({ length: 22 }, () => Math.floor(this.#options.random() * 36).toString(36)).join(''),
      aliases: new Map(aliases.map((alias) => [alias, {}])),
      settings: Object.fromEntries(Object.entries(settings).map(([setting, value]) => [setting, asShown(value)])),
      mappings: structuredClone(mappings),
      shards: Array.from({ length: Number(settings.number_of_shards ?? 1) }, () => ({
        documents: new Map(),
        visible: new Map(),
        tombstones: new Map(),
      })),
      refreshedAt: this.#options.clock(),
    }
    this.#indices.set(name, index)
    return index
  }

  #refresh(index: Index): void {
    index.refreshedAt = this.#options.clock()
    for (const shard of index.shards) shard.visible = new Map(shard.documents)
  }

  #resolve(name: string): Index[] {
    const index = this.#indices.get(name)
    return index ? [index] : [...this.#indices.values()].filter(({ aliases }) => aliases.has(name))
  }

  #behind(name: string, action: string): Index[] {
    const indices = this.#resolve(name)
    if (indices.length === 0) throw failure('not-found', action)
    return indices
  }

  #one(name: string, action: string): Index {
    const [index, second] = this.#behind(name, action)
    if (!index || second) throw failure('invalid-request', action)
    return index
  }

  #visible(name: string): Stored[] {
    const action = `Reading documents of ${name}`
    return this.#behind(name, action).flatMap((index) => {
      if (isRed(index)) throw failure('unavailable', action)
      const every = milliseconds(index.settings.refresh_interval, 1_000)
      if (every >= 0 && this.#options.clock() - index.refreshedAt >= every) this.#refresh(index)
      return index.shards.flatMap(({ visible }) => [...visible.values()])
    })
  }
}

const result = (kind: WriteFailure): WriteResult => ({ kind, reason: `as ${kind}` })

function failure(kind: WriteFailure, action: string): SearchError {
  const code: SearchErrorCode = `search-${kind}`
  return new SearchError(code, `${action} failed`)
}

function isBlocked(settings: JsonObject): boolean {
  return settings['blocks.read_only_allow_delete'] === 'true' || settings['blocks.write'] === 'true'
}

/** The one node takes the first so many shards of an index. */
function isAway({ settings, shards }: Index, shard: Shard): boolean {
  const most = Number(settings['routing.allocation.total_shards_per_node'] ?? -1)
  return most >= 0 && shards.indexOf(shard) >= most
}

const isRed = (index: Index) => index.shards.some((shard) => isAway(index, shard))

function isIndexName(name: string): boolean {
  return name === name.toLowerCase() && Buffer.byteLength(name) <= 255 && !/^[-_+]|[\s\\/*?"<>|,#:]/.test(name)
}

/** The service shows every setting as text. */
function asShown(value: Json): Json {
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : structuredClone(value)
}

function milliseconds(setting: Json | undefined, otherwise: number): number {
  const [, count, unit] = /^(-?\d+)(ms|s|m|h)?$/.exec(String(setting ?? '')) ?? []
  if (count === undefined) return otherwise
  return Number(count) * { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }[unit ?? 'ms']!
}

/** An id is one document per shard, whatever its routing. Any hash does: which shard it is, is not promised. */
function shardOf({ shards }: Index, id: string, routing = id): Shard {
  let hash = 7
  for (const byte of Buffer.from(routing)) hash = (Math.imul(hash, 31) + byte) >>> 0
  return shards[hash % shards.length] as Shard
}

function stored(id: string, routing: string | undefined, version: number, document: JsonObject): Stored {
  return { id, ...(routing !== undefined && { routing }), version, document }
}

function copy<T>(value: T): T {
  return structuredClone(value)
}

/** A document with several hashes is sorted by the smallest. */
function hashOf({ document }: Stored): number | undefined {
  const mark = document[markField]
  if (typeof mark !== 'object' || mark === null || Array.isArray(mark)) return undefined
  const hashes = [mark.hash ?? []].flat().map(Number)
  return hashes.length === 0 ? undefined : Math.min(...hashes)
}
