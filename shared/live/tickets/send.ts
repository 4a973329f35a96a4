import { encodeKey, type Key } from '../../dynamodb/key.ts'
import type { RawItem } from '../../dynamodb/raw-item.ts'
import { compareAndSet } from '../../ledger/compare-and-set.ts'
import { readTicket, replaceTicket, type Ticket, type WithTicket } from '../../ledger/tickets.ts'
import type { DocumentPlace } from '../../migrations/make-document.ts'
import { inParallel } from '../../runtime/parallel.ts'
import { retry } from '../../runtime/retry.ts'
import { SearchError, type SearchErrorCode } from '../../search/errors.ts'
import type { Write, WriteResult } from '../../search/ports.ts'
import { maxBulkBytes } from '../../search/retrying-bulk.ts'
import { LiveError } from '../errors.ts'
import { type Changed, isSent, nextTicket } from './decide.ts'
import type { BuildDocument, TicketEngine } from './engine.ts'
import { type BulkSize, writeOnce } from './write.ts'

/** Tickets taken or stored at once, with a read and a write of the ledger each. */
const atOnce = 16
/** Keys of one read. Source: BatchGetItem, DynamoDB API reference. */
const readAtOnce = 100

/**
 * Brings the documents of changed items into the indices of a build, as the table has the items now. For each item: takes
 * a ticket, then reads the item, then sends its documents with the ticket's version, then stores that they were sent.
 * Sending an item again, late, or twice at the same time is harmless. A document that is rejected for its content is
 * listed, and what was there before is deleted.
 *
 * Each attempt takes a ticket of its own: a request without an answer may land at any time until its sender's end, and
 * only its ticket tells of it.
 * @param changed distinct keys. Keys that no index has documents of are left out, and so are records that were sent before.
 * @throws SearchError, or LiveError `contended`, once the attempts without progress are used up. What was sent is stored.
 */
export async function sendChanged(changed: readonly Changed[], engine: TicketEngine): Promise<void> {
  const { runtime, ask } = engine
  let open: Open[] = changed.filter(({ key }) => hasDocuments(key, engine)).map((of) => ({ of, past: 0 }))
  if (open.length === 0) return
  const size = { mostBytes: maxBulkBytes }
  await retry<void>(
    'send documents',
    runtime,
    async () => {
      const left = await sendOnce(open, size, engine)
      const progressed = left.length < open.length
      open = left
      const why = left[0]?.why
      return left.length === 0 ? { done: undefined } : { again: wordsOf(why), cause: why, progressed }
    },
    (reason, cause) => failed(reason, cause as WriteResult | undefined),
    ask,
  )
}

/** Whether any index of the build may have a document of this key. */
export function hasDocuments(key: Key, { documentsOf }: Pick<TicketEngine, 'documentsOf'>): boolean {
  return documentsOf(key, undefined).some(({ made }) => made.kind !== 'never')
}

/** An item that is still to be sent. */
interface Open {
  of: Changed
  /** A version that the index holds, of another writer; 0 if none is known. */
  past: number
  /** Why its last attempt failed. */
  why?: WriteResult | undefined
}

/** A ticket at work. */
interface Sending {
  of: Changed
  ticket: Ticket
  documents: Sent[]
  /** A newer ticket was sent meanwhile, by somebody else: nothing is left to do. */
  isOvertaken?: boolean
}

/** One document of an item. */
interface Sent extends Pick<BuildDocument, 'alias' | 'through'> {
  /** No value where its id cannot be made: nothing is sent. */
  place?: DocumentPlace
  /** No value: it is deleted. */
  json?: string
  /** Why the index cannot have it. What it had before is deleted. */
  rejected?: string
  result?: WriteResult
}

/** One attempt for each item. Returns those that need another one. */
async function sendOnce(open: readonly Open[], size: BulkSize, engine: TicketEngine): Promise<Open[]> {
  const taken = await inParallel(atOnce, open, async ({ of, past }) => {
    const ticket = await take(of, past, engine)
    return ticket ? [{ of, ticket }] : []
  })
  // Read after every ticket of them is taken: that is what makes a higher version the later one.
  const items = await read(
    taken.flat().map(({ of }) => of.key),
    engine,
  )
  const sendings = taken.flat().map(({ of, ticket }): Sending => {
    const item = items.get(encodeKey(of.key))
    return { of, ticket, documents: engine.documentsOf(of.key, item).flatMap((each) => toSend(each, item)) }
  })
  await send(sendings, ({ rejected }) => rejected === undefined, size, engine)
  const rejecting = sendings.filter((each) => each.documents.some(isRejected) && !each.documents.some(hasFailed))
  // Listed before anything is deleted: a document must always be in one of the two places.
  await inParallel(atOnce, rejecting, async (sending) => {
    sending.isOvertaken = !(await list(sending, engine))
  })
  await send(
    rejecting.filter(({ isOvertaken }) => !isOvertaken),
    ({ rejected, result }) => rejected !== undefined && !result,
    size,
    engine,
  )
  const left = await inParallel(atOnce, sendings, (sending) => end(sending, engine))
  return left.flatMap((each) => each ?? [])
}

function toSend({ made, ...to }: BuildDocument, item: RawItem | undefined): Sent[] {
  switch (made.kind) {
    case 'document':
      return [{ ...to, place: made.place, json: made.json }]
    case 'none':
      return [{ ...to, place: made.place }]
    case 'quarantined': {
      const { place, reason } = made
      return item || place ? [{ ...to, ...(place && { place }), rejected: reason }] : []
    }
    case 'never':
      return []
  }
}

const isRejected = ({ rejected }: Sent) => rejected !== undefined
const hasFailed = ({ result }: Sent) => result !== undefined && result.kind !== 'done'
const isDeleted = ({ json, rejected }: Sent) => json === undefined || rejected !== undefined

/** @returns the ticket; `undefined` if the record it is for, or a later one, was sent before. */
function take(of: Changed, past: number, engine: TicketEngine): Promise<Ticket | undefined> {
  const { build, ledger, runtime } = engine
  return compareAndSet<Ticket | undefined>(words, async () => {
    const before = await readTicket(ledger, build, of.key)
    if (of.seq !== undefined && isSent(before, of.seq)) return { done: undefined }
    const now = runtime.clock()
    const ticket = nextTicket(before, of, past, engine, now)
    return (await replaceTicket(ledger, build, ticket, before, now)) ? { done: ticket } : undefined
  })
}

/** The items that the table has, by encoded key, strongly consistent. */
async function read(keys: Key[], { table, ask }: TicketEngine): Promise<Map<string, RawItem>> {
  const items = new Map<string, RawItem>()
  for (let i = 0; i < keys.length; i += readAtOnce) {
    await ask?.()
    for (const item of await table.get(keys.slice(i, i + readAtOnce))) items.set(encodeKey(item.key), item)
  }
  return items
}

/** Sends the documents that are chosen, and keeps their results. */
async function send(
  sendings: readonly Sending[],
  chosen: (document: Sent) => boolean,
  size: BulkSize,
  { search, ask }: TicketEngine,
): Promise<void> {
  const all = sendings.flatMap(({ ticket, documents }) =>
    documents
      .filter(chosen)
      .flatMap((document) => writesOf(document, ticket.version).map((write) => ({ document, write }))),
  )
  const results = await writeOnce(
    all.map(({ write }) => write),
    search,
    size,
    ask,
  )
  for (const [i, { document }] of all.entries()) note(document, results[i]!)
}

function writesOf({ through: alias, place, json, rejected }: Sent, version: number): Write[] {
  if (!place) return []
  const to = { alias, ...place, version }
  return [json === undefined || rejected !== undefined ? { op: 'delete', ...to } : { op: 'index', json, ...to }]
}

function note(document: Sent, result: WriteResult): void {
  if (isHighest(result)) {
    document.rejected = 'another writer has given it the highest version there is'
    document.result = { kind: 'done' }
  } else if ((result.kind === 'rejected' || result.kind === 'too-large') && !isDeleted(document))
    document.rejected = result.reason
  else document.result = result
}

/** No ticket can be higher. */
const isHighest = (result: WriteResult) => result.kind === 'conflict' && (result.holds ?? 0) >= Number.MAX_SAFE_INTEGER

/**
 * Lists an item of which documents are rejected. A newer listing stays.
 * @returns `false` if a newer ticket was sent: it has decided.
 */
async function list({ of, ticket, documents }: Sending, engine: TicketEngine): Promise<boolean> {
  const { build, ledger, runtime } = engine
  const { key } = of
  const rejections = Object.fromEntries(
    documents.flatMap(({ alias, rejected }) => (rejected === undefined ? [] : [[alias, rejected]])),
  )
  return compareAndSet<boolean>(words, async () => {
    const before = await readTicket(ledger, build, key)
    if (!before || before.sent >= ticket.version) return { done: false }
    if (before.rejected !== undefined && before.rejected > ticket.version) return { done: true }
    const next = { ...before, rejected: ticket.version }
    const listed = await replaceTicket(ledger, build, next, before, runtime.clock(), { rejections })
    return listed ? { done: true } : undefined
  })
}

/** @returns the item if it needs another attempt. */
async function end(sending: Sending, engine: TicketEngine): Promise<Open | undefined> {
  const { of, ticket, documents, isOvertaken } = sending
  if (isOvertaken) return undefined
  const failures = documents.filter(hasFailed).map(({ result }) => result!)
  const why = failures.find(({ kind }) => kind !== 'conflict') ?? failures[0]
  if (!why) {
    await store(sending, engine)
    return undefined
  }
  if (why.kind !== 'conflict') {
    if (!passes(why)) throw failed(wordsOf(why), why)
    return { of, past: 0, why }
  }
  // The index holds the version of a newer ticket, or of another writer. Only a newer ticket that is known to be sent
  // tells which: one that was taken may never send anything.
  const now = await readTicket(engine.ledger, engine.build, of.key)
  if (now && now.sent > ticket.version) return undefined
  const held = failures.map((each) => (each.kind === 'conflict' ? (each.holds ?? 2 * ticket.version) : 0))
  return { of, past: Math.max(...held), why }
}

/** Stores that a ticket was sent, unless a newer one was. */
async function store({ of, ticket, documents }: Sending, engine: TicketEngine): Promise<void> {
  const { build, ledger, runtime } = engine
  const { key } = of
  const { version, seen: sentSeen, lateUntil } = ticket
  await compareAndSet<void>(words, async () => {
    const before = await readTicket(ledger, build, key)
    if (!before || before.sent >= version) return { done: undefined }
    const { rejected, ...kept } = before
    const isCured = rejected !== undefined && rejected < version && !documents.some(isRejected)
    const next: Ticket = {
      ...kept,
      sent: version,
      op: documents.some(isDeleted) ? 'delete' : 'index',
      ...(sentSeen !== undefined && { sentSeen }),
      ...(rejected !== undefined && !isCured && { rejected }),
    }
    const besides: WithTicket = {
      ...(isCured && { rejections: {} }),
      ...(next.op === 'delete' && lateUntil !== undefined && { buryAt: lateUntil }),
    }
    return (await replaceTicket(ledger, build, next, before, runtime.clock(), besides))
      ? { done: undefined }
      : undefined
  })
}

/** Without the key: messages are logged, and keys are item data. */
const words = 'The ticket of an item'

/** Whether a write that failed like this may succeed later. */
const passes = ({ kind }: WriteResult) => kind === 'pressure' || kind === 'blocked' || kind === 'unavailable'

function wordsOf(why: WriteResult | undefined): string {
  if (why === undefined) return 'nothing failed'
  return 'reason' in why ? why.reason : 'another writer changed its documents'
}

function failed(reason: string, why: WriteResult | undefined): Error {
  if (why === undefined || why.kind === 'conflict' || why.kind === 'done')
    return new LiveError('contended', `Documents could not be sent: ${reason}. They are sent again.`)
  return new SearchError(`search-${why.kind === 'rejected' ? 'invalid-request' : why.kind}` as SearchErrorCode, reason)
}
