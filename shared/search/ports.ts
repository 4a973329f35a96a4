import type { JsonObject } from './json.ts'

/**
 * One write of a bulk, by an external version: it takes effect only if the index holds a lower version of this id, or
 * none. OpenSearch remembers the version of a deleted document for `gc_deletes` (60 s unless set), and forgets it on a
 * restart. After that a lower version brings the document back.
 */
export type Write = ({ op: 'index'; json: string } & WriteTo) | ({ op: 'delete' } & WriteTo)

interface WriteTo {
  /**
   * The alias to write through, never an index. An `index` is refused as `not-found` where the alias is absent. **A
   * `delete` creates an index by that name instead, with guessed mappings**, unless the name has a capital letter: no
   * index may have one, and an alias may. So what is written through is named with a capital.
   */
  alias: string
  /** 1 to 512 bytes of UTF-8. A longer one fails the whole bulk. */
  id: string
  /** Decides the shard, in place of the id. An id is one document per shard: with another routing it may be another document. */
  routing?: string
  /** 1 to 2^53 - 1. */
  version: number
}

/**
 * The result of one write, in the order of the request.
 * - `done`: it took effect; or it is a delete, and there was nothing to delete. Its version is remembered in both cases.
 * - `conflict`: the index holds this version or a higher one, of a document or of a delete that it remembers. `holds`
 *   says which; it is missing where the service does not say.
 * - `rejected`: the mapping does not take this document, and never will. **A document written before stays.** The mapping
 *   is asked first: a write that would be in conflict is rejected, too. So is any write, a delete too, without the routing
 *   that the mapping requires.
 * - Otherwise nothing is known about the document itself, and the same write may succeed later.
 */
export type WriteResult =
  | { kind: 'done' }
  | { kind: 'conflict'; holds?: number }
  | { kind: 'rejected'; reason: string }
  | { kind: WriteFailure; reason: string }

/**
 * Why a write failed, judged by the type of its error, not by its status alone. `reason` holds no contents of documents.
 * - `pressure` (429): too much is being indexed at once. A document that is refused alone is too large for the node.
 * - `too-large` (413): the document.
 * - `blocked` (403, 429): the index takes no writes. The reason names the block, such as the flood stage of the disk.
 * - `not-found` (404): there is no such alias, or it has no single index to write to.
 * - `access-denied` (401, 403): the credentials do not allow the write.
 * - `unavailable` (503): the shard or its node is away.
 * - `invalid-request` (400): the request is wrong for every document.
 */
export type WriteFailure =
  | 'pressure'
  | 'too-large'
  | 'blocked'
  | 'not-found'
  | 'access-denied'
  | 'unavailable'
  | 'invalid-request'

/** Names one document. */
export interface DocumentId {
  id: string
  routing?: string
}

/** A document as the index holds it. */
export interface Stored extends DocumentId {
  version: number
  document: JsonObject
}

/** One page of a walk. `next` is absent only on the last page. */
export interface WalkPage {
  documents: Stored[]
  next?: number
}

export interface WalkRequest {
  /** An index, or an alias of one. */
  index: string
  /** Exclusive start: a hash of an item key, as `next` gives it or any other. @default before the first */
  after?: number
  /** Inclusive end, a hash. Hashes are whole numbers below 2^52, evenly spread: equal ranges have about as many documents. @default the last */
  upTo?: number
  /** Most documents in a page. A page may hold fewer, and yet not be the last. At most 1,000. */
  limit: number
}

/** An index behind a name, with its settings and mappings as the service shows them. */
export interface IndexState {
  name: string
  /** Changes whenever an index of this name is created anew. */
  uuid: string
  /** What each of its aliases carries: `filter`, `index_routing`, `search_routing`, `is_write_index`. */
  aliases: Record<string, JsonObject>
  /** Those below `index`, such as `{ number_of_replicas: '1' }`: the service shows every value as text. */
  settings: JsonObject
  mappings: JsonObject
}

export interface NewIndex {
  /** Those below `index`. */
  settings: JsonObject
  mappings: JsonObject
  /** Aliases that it carries from the beginning. */
  aliases?: string[]
}

/**
 * One change of an alias. An alias that `remove` names must be there. `carrying` is what the alias is to carry: what an
 * {@link IndexState} shows of it. Without it, an earlier filter and routing are lost.
 */
export type AliasChange =
  | { add: { index: string; alias: string; carrying?: JsonObject } }
  | { remove: { index: string; alias: string } }

/** `red`: a primary shard is not there. `yellow`: a replica is not. */
export type Health = 'green' | 'yellow' | 'red'

/**
 * A search cluster as the engine uses it. Adapters do not retry. They throw a `SearchError` when a whole call failed;
 * `retryable` says whether the same call may succeed later. After `unavailable`, a write or a change may have happened,
 * or may still happen. `retryingSearch` in this folder retries.
 *
 * Every `index` here is the name of one index, or of an alias of one, without wildcards.
 */
export interface Search {
  /** What responds at the endpoint. `distribution` is missing where it is no OpenSearch. */
  info(): Promise<{ distribution?: string; version: string }>

  /**
   * Sends one bulk request. Writes of one document are applied in the order given.
   * @throws SearchError when the request failed as a whole: nothing is known of any of its writes.
   */
  bulk(writes: readonly Write[]): Promise<WriteResult[]>

  /**
   * Reads documents as last written, refreshed or not; `undefined` for one that is not there. A document is read with
   * the routing it was written with. At most 100.
   */
  get(index: string, documents: readonly DocumentId[]): Promise<(Stored | undefined)[]>

  /**
   * Reads every document of an index that carries the mark of its item, in the order of the hashes of item keys, whatever
   * pipeline searches have by default. Sees what was written before the last refresh. Documents with the same hash are in
   * one page.
   */
  walk(request: WalkRequest): Promise<WalkPage>

  /** The documents without the mark of an item: how many, and the first of them. Sees what was written before the last refresh. */
  unmarked(index: string, limit: number): Promise<{ count: number; documents: Stored[] }>

  /** How many documents it has, whatever pipeline searches have by default. Sees what was written before the last refresh. */
  count(index: string): Promise<number>

  /** Makes every write so far visible to `walk`, `unmarked`, `count` and searches. */
  refresh(index: string): Promise<void>

  /** The indices behind a name: none, one, or several where an alias spans several. */
  indices(name: string): Promise<IndexState[]>

  /** @returns `exists` where there is an index by that name already: perhaps from an earlier attempt. */
  createIndex(name: string, index: NewIndex): Promise<'created' | 'exists'>

  /** @param name of an index: an alias is refused. */
  deleteIndex(name: string): Promise<'deleted' | 'absent'>

  /** Changes settings of an index, those below `index`; `null` restores the default. */
  putSettings(index: string, settings: Readonly<Record<string, string | number | boolean | null>>): Promise<void>

  /** Changes aliases, all of them or none. Sent again after a lost answer, a `remove` is `not-found`: read, then change. */
  changeAliases(changes: readonly AliasChange[]): Promise<void>

  /** Its health at this moment. */
  health(index: string): Promise<Health>
}
