import { encodeKey, type Key, type KeySchema } from '../dynamodb/key.ts'
import { type Build, type BuildId, getBuild, isGivenUp } from '../ledger/builds.ts'
import { buildKey } from '../ledger/feeds.ts'
import { StoppedError } from '../ledger/fencing.ts'
import type { LedgerTable } from '../ledger/table.ts'
import { type AliasTallies, addTallies, noTallies, type Tallies } from '../ledger/tallies.ts'
import { readTicket, replaceTicket } from '../ledger/tickets.ts'
import { documentsOf } from '../live/tickets/documents.ts'
import { isWhole } from '../live/tickets/whole.ts'
import type { IndexDefinition } from '../migrations/index-definition.ts'
import type { DocumentPlace } from '../migrations/make-document.ts'
import { inParallel } from '../runtime/parallel.ts'
import type { Runtime } from '../runtime/ports.ts'
import type { Ask } from '../runtime/retry.ts'
import { SearchError } from '../search/errors.ts'
import { markField } from '../search/item-mark.ts'
import type { Search, Stored, Write, WriteResult } from '../search/ports.ts'
import { bulkAll } from '../search/retrying-bulk.ts'
import { retryingSearch } from '../search/retrying-search.ts'
import type { PageTallies, PageWork } from './slice/pass.ts'

/** Documents of one read. Source: the port takes 100. */
const readAtOnce = 100
/** Rejected items that are listed at once. */
const listedAtOnce = 8

/** The version that the pass sends. Every ticket has a higher one, so a document that a change has made is never overwritten. */
const passVersion = 1

export interface IndexPass {
  build: BuildId
  definitions: readonly IndexDefinition[]
  /** Of the table that is indexed. */
  schema: KeySchema
  /** Without retries. */
  search: Search
  ledger: LedgerTable
  runtime: Runtime
  ask: Ask
}

/** One document of a page, and what became of it. */
interface PageDocument {
  key: Key
  alias: string
  through: string
  /** No value: it cannot be made. */
  write?: Write & DocumentPlace
  outcome?: 'written' | 'present' | 'rejected' | 'collided'
  /** Why it is rejected. */
  reason?: string
}

/**
 * Writes the document of each item into the new indices, if they hold none of it yet. What is there already was written by a
 * change, or by a slice before; or it is the document of another item with the same id, which is counted as collided. A document
 * that cannot be made, or that the mapping does not take, is listed.
 */
export function indexPass(pass: IndexPass): PageWork {
  const opening = once(() => open(pass))
  return {
    async apply(items) {
      const build = await opening()
      const make = documentsOf(build, pass.definitions, pass.schema)
      const documents = items.flatMap((item) =>
        make(item.key, item).flatMap(({ alias, through, made }): PageDocument[] => {
          const to = { key: item.key, alias, through }
          if (made.kind === 'quarantined') return [{ ...to, outcome: 'rejected', reason: made.reason }]
          if (made.kind !== 'document') return []
          const { place, json } = made
          return [{ ...to, write: { op: 'index', alias: through, version: passVersion, json, ...place } }]
        }),
      )
      await write(documents, build, pass)
      await list(documents, pass)
      return talliesOf(items.length, documents)
    },
  }
}

/** The build, once it is sure that its indices are those it began with. */
async function open({ build: id, search, ledger, runtime, ask }: IndexPass): Promise<Build> {
  const build = await getBuild(ledger, id)
  const asking = { search: retryingSearch(search, runtime, ask), ledger, runtime }
  if (!isGivenUp(build) && (await isWhole(build, asking))) return build
  throw new StoppedError('index lost')
}

/** Writes the documents. Of several with one id, each goes into a bulk of its own: the service writes those of one bulk side by side. */
async function write(documents: readonly PageDocument[], build: Build, pass: IndexPass): Promise<void> {
  const { search, runtime, ask } = pass
  const writes = documents.filter(({ write }) => write !== undefined)
  let open = [...Map.groupBy(writes, ({ through, write }) => JSON.stringify([through, write!.id])).values()]
  while (open.length > 0) {
    const bulk = open.map(([first]) => first!)
    const results = await bulkAll(
      search,
      bulk.map(({ write }) => write!),
      runtime,
      ask,
    )
    const conflicts: PageDocument[] = []
    for (const [i, document] of bulk.entries()) {
      const result = results[i]!
      if (result.kind === 'conflict') conflicts.push(document)
      else Object.assign(document, await outcomeOf(result, build, pass))
    }
    await compare(conflicts, pass)
    open = open.map((group) => group.slice(1)).filter((group) => group.length > 0)
  }
}

/** @throws SearchError for a result that says nothing about the document; StoppedError where its index is gone. */
async function outcomeOf(
  result: Exclude<WriteResult, { kind: 'conflict' }>,
  build: Build,
  { search, ledger, runtime, ask }: IndexPass,
): Promise<Pick<PageDocument, 'outcome' | 'reason'>> {
  switch (result.kind) {
    case 'done':
      return { outcome: 'written' }
    case 'rejected':
    case 'too-large':
      return { outcome: 'rejected', reason: result.reason }
    case 'not-found':
      if (!(await isWhole(build, { search: retryingSearch(search, runtime, ask), ledger, runtime })))
        throw new StoppedError('index lost')
      break
  }
  throw new SearchError(`search-${result.kind}`, `Writing documents failed: ${result.reason}`)
}

/** Whether documents that are there already are those of the same items. */
async function compare(conflicts: readonly PageDocument[], { search, runtime, ask }: IndexPass): Promise<void> {
  const reading = retryingSearch(search, runtime, ask)
  for (const [through, documents] of Map.groupBy(conflicts, (each) => each.through)) {
    for (let i = 0; i < documents.length; i += readAtOnce) {
      const some = documents.slice(i, i + readAtOnce)
      const found = await reading.get(
        through,
        some.map(({ write }) => placeOf(write!)),
      )
      // Nothing there: a change has deleted it, and its ticket decides.
      for (const [j, document] of some.entries())
        document.outcome = isOther(found[j], document.key) ? 'collided' : 'present'
    }
  }
}

function placeOf({ id, routing }: DocumentPlace): DocumentPlace {
  return { id, ...(routing !== undefined && { routing }) }
}

function isOther(found: Stored | undefined, key: Key): boolean {
  if (!found) return false
  const mark = found.document[markField] as { key?: unknown } | undefined
  return mark?.key !== encodeKey(key)
}

/** Lists the items with rejected documents. Where a change has taken a ticket, that decides what is listed. */
async function list(documents: readonly PageDocument[], { build, ledger, runtime }: IndexPass): Promise<void> {
  const tickets = buildKey(build)
  const rejected = documents.filter(({ outcome }) => outcome === 'rejected')
  const items = [...Map.groupBy(rejected, ({ key }) => encodeKey(key)).values()]
  await inParallel(listedAtOnce, items, async (of) => {
    const { key } = of[0]!
    const now = runtime.clock()
    const ticket = { key, version: passVersion, sent: passVersion, rejected: passVersion, raisedAt: now }
    const rejections = Object.fromEntries(of.map(({ alias, reason }) => [alias, reason!]))
    if (await replaceTicket(ledger, tickets, ticket, undefined, now, { rejections })) return
    const before = await readTicket(ledger, tickets, key)
    // Listed by a slice that repeated this page.
    if (before?.version === passVersion) return
    for (const document of of) document.outcome = 'present'
  })
}

function talliesOf(read: number, documents: readonly PageDocument[]): PageTallies {
  const aliases: AliasTallies = {}
  for (const { alias, outcome } of documents) {
    aliases[alias] ??= { produced: 0, written: 0, present: 0, rejected: 0, collided: 0 }
    const counts = aliases[alias]
    counts.produced++
    counts[outcome!]++
  }
  const all = Object.values(aliases).reduce<Tallies>(
    (sum, counts) => addTallies(sum, { ...noTallies, ...counts }),
    noTallies,
  )
  return { ...all, read, aliases }
}

/** Calls `make` once; after a failure again. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => {
    const current = made ?? make()
    made = current
    current.catch(() => {
      made = undefined
    })
    return current
  }
}
