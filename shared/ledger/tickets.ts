import { decodeKey, encodeKey, type Key } from '../dynamodb/key.ts'
import { burialPut } from './burials.ts'
import { bucketOf, digest, expiry, rejectionShardPk, shards, ticketPk } from './keys.ts'
import type { LedgerTable, Put, Row } from './table.ts'

/** Partition keys that the tickets of a build are spread over; each takes 1,000 writes a second. */
export const ticketBuckets = 256

/**
 * What was sent to the indices of one build for one item, and what may still be under way. Whoever sends takes a ticket
 * first, which is a version higher than every one before, and reads the item after that: so a higher version was read
 * later. The pass that fills the build sends version 1 and takes no ticket.
 */
export interface Ticket {
  /** Of the item. */
  key: Key
  /** The newest ticket. It may have sent nothing yet, and may never. */
  version: number
  /** The highest ticket whose documents are known to be in the indices, or to be gone from them. */
  sent: number
  /** The highest sequence number of a record that asked for a ticket so far. */
  seen?: string
  /** `seen` when ticket `sent` was taken: the records up to this one are applied. */
  sentSeen?: string
  /** `delete` if ticket `sent` deleted a document of the item. OpenSearch forgets a delete; see `live/tickets/bury.ts`. */
  op?: 'index' | 'delete'
  /** When the newest ticket was taken, ms since the epoch. */
  raisedAt: number
  /**
   * When the newest ticket was taken, its taker knew that no version 1 of the pass could land any more. If it did not
   * know, that may have been so all the same.
   */
  quiet?: true
  /** When the newest ticket was taken, an older one could still have a request under way, until this time (ms) at most. */
  lateUntil?: number
  /** The newest ticket whose document was rejected for its content, unless a later one was accepted. */
  rejected?: number
}

/** Where the ticket of an item is. */
export function ticketId(build: string, key: Key): { pk: string; sk: string } {
  const sk = digest(encodeKey(key))
  return { pk: ticketPk(build, bucketOf(sk, ticketBuckets)), sk }
}

export function ticketOf({ pk: _pk, sk: _sk, expiresAt: _e, key, ...ticket }: Row): Ticket {
  return { key: decodeKey(key as string), ...ticket } as Ticket
}

export async function readTicket(ledger: LedgerTable, build: string, key: Key): Promise<Ticket | undefined> {
  const { pk, sk } = ticketId(build, key)
  const row = await ledger.get(pk, sk)
  return row && ticketOf(row)
}

/** What is stored in one commit with a ticket, which guards it. */
export interface WithTicket {
  /**
   * Why documents of the item are not in the build, by alias: OpenSearch does not take their content. Empty: the item is
   * taken off the list. Holds no contents.
   */
  rejections?: { [alias: string]: string }
  /** When the deletes of the item are to be sent once more, ms since the epoch. */
  buryAt?: number
}

/**
 * Replaces a ticket; returns `false`, with nothing stored, if the stored one is not as it was read.
 * @param now ms since the epoch.
 */
export function replaceTicket(
  ledger: LedgerTable,
  build: string,
  { key, ...next }: Ticket,
  before: Ticket | undefined,
  now: number,
  { rejections, buryAt }: WithTicket = {},
): Promise<boolean> {
  const row = { ...ticketId(build, key), key: encodeKey(key), ...next, expiresAt: expiry(now) }
  const { version, sent, rejected } = before ?? {}
  const puts: Put[] = [{ row, expect: before ? { version, sent, rejected } : 'absent' }]
  if (rejections) puts.push(rejectionPut(build, key, rejections, now))
  if (buryAt !== undefined) puts.push(burialPut(build, { key, due: buryAt }, now))
  return ledger.commit(puts)
}

function rejectionPut(build: string, key: Key, reasons: { [alias: string]: string }, now: number): Put {
  const sk = digest(encodeKey(key))
  const pk = rejectionShardPk(build, bucketOf(sk, shards))
  return { row: { pk, sk, key: encodeKey(key), reasons, at: now, expiresAt: expiry(now) }, expect: 'any' }
}
