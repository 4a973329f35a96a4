import type { Key } from '../../dynamodb/key.ts'
import type { Ticket } from '../../ledger/tickets.ts'

/** An item whose documents are to be sent. */
export interface Changed {
  key: Key
  /** Sequence number of the record that says so; no value where an item is sent again without one. */
  seq?: string
}

/** Whether the documents of an item were sent after this record, or a later one, was seen. */
export function isSent(ticket: Ticket | undefined, seq: string): boolean {
  return ticket?.sentSeen !== undefined && ticket.sentSeen >= seq
}

/**
 * The next ticket of an item: a version higher than every one before. Where an older ticket may still have a request
 * under way, it says until when. `sent` alone does not: it rises as soon as a newer ticket is sent.
 * @param past a version that another writer has left in the index; 0 if none is known.
 * @param isQuiet as far as the taker knows.
 * @param now ms since the epoch.
 */
export function nextTicket(
  before: Ticket | undefined,
  { key, seq }: Changed,
  past: number,
  { isQuiet, lifetimeMs }: { isQuiet: boolean; lifetimeMs: number },
  now: number,
): Ticket {
  const { quiet: _q, lateUntil: _l, ...kept }: Ticket = before ?? { key, version: 1, sent: 1, raisedAt: now }
  const isOpen = kept.sent < kept.version
  const lateUntil = Math.max(before?.lateUntil ?? 0, isOpen ? kept.raisedAt + lifetimeMs : 0)
  const seen = [kept.seen, seq]
    .flatMap((each) => each ?? [])
    .sort()
    .at(-1)
  return {
    ...kept,
    version: Math.max(kept.version, past) + 1,
    raisedAt: now,
    ...(seen !== undefined && { seen }),
    ...(isQuiet && { quiet: true }),
    ...(lateUntil > now && { lateUntil }),
  }
}

/**
 * Whether the deletes of an item must be sent once more, now that no version 1 of the pass can land: OpenSearch may have
 * forgotten them by the time it landed. A ticket that is not known to be sent counts as a delete, which it may be; also one
 * from during quiet, because that may be of a walk that died before it sent anything, and no record comes again for it.
 */
export function needsBurying({ version, sent, op, quiet }: Ticket): boolean {
  return sent < version || (!quiet && op === 'delete')
}
