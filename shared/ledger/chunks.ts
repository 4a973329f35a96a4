import type { Chunk } from '../chunks/chunk.ts'
import { decodeChunk, encodeChunk } from '../chunks/codec.ts'
import { decodeKey, encodeKey, type Key } from '../dynamodb/key.ts'
import { inParallel } from '../runtime/parallel.ts'
import { LedgerError } from './errors.ts'
import { chunkPk, chunkShardPk, chunkSk, expiry, shards } from './keys.ts'
import { eachPage } from './pages.ts'
import type { PassId } from './passes.ts'
import { type ChunkState, chunkTransitions, mayChange } from './states.ts'
import type { Changed, LedgerTable, LedgerValue, Put, Row } from './table.ts'
import { type AliasTallies, noTallies, type Tallies } from './tallies.ts'

/** The ledger's record of one chunk. Times are milliseconds since the epoch. */
export interface ChunkRecord {
  run: string
  pass: PassId
  id: string
  chunk: Chunk
  state: ChunkState
  /** Each slice that starts raises it. The next checkpoint of an older slice then fails. */
  epoch: number
  /** Number of the lease under which the last slice started. */
  fence: number
  /** Exclusive start of the remaining items. No value until the first checkpoint. */
  cursor?: Key
  tallies: Tallies
  /** The same of its documents, by alias. Only of a pass that builds indices. */
  aliases?: AliasTallies
  /** Slices started so far. */
  slices: number
  /** Items read when each epoch began, oldest first. Shows which pages were repeated. */
  starts: number[]
  /** Hard deadline of the slice at work; cleared once its writes have drained. */
  deadline?: number
  /**
   * Latest time at which something was sent that may still land: the hard deadline of an earlier slice that did not
   * confirm that its writes had drained, or when a write got no answer.
   */
  undrained?: number
  children?: string[]
  /** On a split chunk: the partition key that was split (encoded). */
  splitKey?: string
  /** Why the chunk failed, for people. */
  reason?: string
  startedAt?: number
  updatedAt: number
  /** Where it was not among those that share the budget when slices were counted last. */
  joined?: Joined
  /** What its slice took a second before the last checkpoint, where the run has a budget. */
  using?: Using
}

/** A chunk that was not there, or seemed abandoned, when slices were counted last. */
export type Joined = {
  /** Since when, ms since the epoch. */
  at: number
  /** The part of one slice's share that its slice takes until it is counted; 0: it waits for that. */
  part: number
}

/** Capacity units a second, and what a slice has waited for. */
export type Using = {
  read: number
  write: number
  waitsFor?: 'read' | 'write'
}

export function newChunk(run: string, pass: PassId, id: string, chunk: Chunk, now: number): ChunkRecord {
  return {
    run,
    pass,
    id,
    chunk,
    state: 'open',
    epoch: 0,
    fence: 0,
    tallies: noTallies,
    slices: 0,
    starts: [],
    updatedAt: now,
  }
}

/** Where a page lies in its pass. */
export interface PagePlace {
  pass: PassId
  chunk: string
  /** Of the slice that applies it. */
  epoch: number
  /** Items of the chunk read before it. */
  before: number
}

/**
 * Whether the tallies of a chunk count a page: yes once a checkpoint is past the page, never if the next slice began
 * before it. Each slice begins at a checkpoint, so no page is counted in part.
 */
export function isCounted({ epoch, before }: PagePlace, { starts, read }: { starts: number[]; read: number }): boolean {
  return before < (starts[epoch] ?? read)
}

export async function getChunk(ledger: LedgerTable, run: string, pass: PassId, id: string) {
  const row = await ledger.get(chunkPk(run, id), chunkSk(pass, id))
  return row && fromRow(row)
}

/** Calls `visit` for each chunk of a pass, in no order. */
export type EachChunk = (
  run: string,
  pass: PassId,
  visit: (chunk: ChunkRecord) => void | Promise<void>,
) => Promise<void>

/**
 * Visits every chunk of a pass, in no order. Reads 64 partition keys, 8 at a time, and holds a page of each: a pass may have more
 * chunks than fit into memory.
 * @param changed only chunks whose row is new or was written again. @default all
 */
export async function eachChunk(
  ledger: LedgerTable,
  run: string,
  pass: PassId,
  visit: (chunk: ChunkRecord) => void | Promise<void>,
  changed?: Changed,
): Promise<void> {
  const which = { prefix: `CHUNK#${pass}#`, ...(changed && { changed }) }
  const all = Array.from({ length: shards }, (_, shard) => shard)
  await inParallel(8, all, (shard) =>
    eachPage(
      ledger,
      chunkShardPk(run, shard),
      async (rows) => {
        for (const row of rows) await visit(fromRow(row))
      },
      which,
    ),
  )
}

/** How many chunks of a pass are open; no more are counted than `enough`, about. */
export async function countOpen(ledger: LedgerTable, run: string, pass: PassId, enough: number): Promise<number> {
  let open = 0
  const all = Array.from({ length: shards }, (_, shard) => shard)
  await inParallel(8, all, async (shard) => {
    if (open >= enough) return
    const count = (rows: Row[]) => {
      open += rows.filter(({ state }) => state === 'open').length
    }
    await eachPage(ledger, chunkShardPk(run, shard), count, { prefix: `CHUNK#${pass}#` })
  })
  return open
}

/** Every chunk of a pass, in no order. Only for passes of which all chunks fit into memory. */
export async function listChunks(ledger: LedgerTable, run: string, pass: PassId): Promise<ChunkRecord[]> {
  const chunks: ChunkRecord[] = []
  await eachChunk(ledger, run, pass, (chunk) => void chunks.push(chunk))
  return chunks
}

/** Stores new chunks. Existing chunks stay as they are, so planning can be repeated. */
export async function createChunks(ledger: LedgerTable, chunks: ChunkRecord[]): Promise<void> {
  const batches = Array.from({ length: Math.ceil(chunks.length / 100) }, (_, i) => chunks.slice(i * 100, i * 100 + 100))
  await inParallel(4, batches, async (batch) => {
    if (await ledger.commit(batch.map(absentPut))) return
    for (const chunk of batch) await ledger.commit([absentPut(chunk)])
  })
}

/** Replaces a chunk's row if `epoch` is still in force and the chunk is still in `state`; `false` otherwise. */
export function replaceChunk(
  ledger: LedgerTable,
  next: ChunkRecord,
  expected: { epoch: number; state: ChunkState },
): Promise<boolean> {
  if (!mayChange(chunkTransitions, expected.state, next.state))
    throw new LedgerError(
      'illegal-transition',
      `Chunk ${next.id} is ${expected.state} and cannot become ${next.state}.`,
    )
  return ledger.commit([{ row: toRow(next), expect: { ...expected } }])
}

/** Records a split in one transaction: the parent becomes `split` and its children exist, or neither. */
export function recordSplit(ledger: LedgerTable, parent: ChunkRecord, children: ChunkRecord[]): Promise<boolean> {
  const split: Put = { row: toRow(parent), expect: { epoch: parent.epoch, state: 'open' } }
  return ledger.commit([split, ...children.map(absentPut)])
}

function absentPut(chunk: ChunkRecord): Put {
  return { row: toRow(chunk), expect: 'absent' }
}

function toRow({ chunk, cursor, tallies, ...rest }: ChunkRecord): Row {
  const row: Row = {
    pk: chunkPk(rest.run, rest.id),
    sk: chunkSk(rest.pass, rest.id),
    expiresAt: expiry(rest.updatedAt),
    chunk: encodeChunk(chunk) as LedgerValue,
    tallies: { ...tallies },
    ...rest,
  }
  if (cursor) row.cursor = encodeKey(cursor)
  return row
}

function fromRow({ pk: _pk, sk: _sk, expiresAt: _e, chunk, cursor, ...rest }: Row): ChunkRecord {
  const record = { ...rest, chunk: decodeChunk(chunk) } as unknown as ChunkRecord
  if (cursor) record.cursor = decodeKey(cursor as string)
  return record
}
