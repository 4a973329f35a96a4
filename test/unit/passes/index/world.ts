import type { Key, KeySchema } from '../../../../shared/dynamodb/key.ts'
import type { RawItem } from '../../../../shared/dynamodb/raw-item.ts'
import { writeAlias } from '../../../../shared/facts/builds.ts'
import { type Build, buildPut, getBuild } from '../../../../shared/ledger/builds.ts'
import type { PagePlace } from '../../../../shared/ledger/chunks.ts'
import { buildKey } from '../../../../shared/ledger/feeds.ts'
import { readTicket } from '../../../../shared/ledger/tickets.ts'
import { documentsOf } from '../../../../shared/live/tickets/documents.ts'
import type { TicketEngine } from '../../../../shared/live/tickets/engine.ts'
import { sendChanged } from '../../../../shared/live/tickets/send.ts'
import { defineIndex } from '../../../../shared/migrations/index.ts'
import { loadIndices } from '../../../../shared/migrations/load-indices.ts'
import { indexPass } from '../../../../shared/passes/index.ts'
import type { Search, Write } from '../../../../shared/search/ports.ts'
import { memoryLedgerTable } from '../../../memory/ledger-table.ts'
import { MemorySearch, type MemorySearchOptions } from '../../../memory/search.ts'
import { memoryTable } from '../../../memory/table.ts'

export const schema: KeySchema = { pk: { name: 'pk', type: 'S' } }
export const id = { table: 'destination', run: 'run00001', n: 1 }
export const key = (pk: string): Key => ({ pk: { S: pk } })

/** `cases` has a document of every item but those that begin with `user`; `users` of those alone. */
export const definitions = loadIndices({
  default: [
    defineIndex({
      alias: 'cases',
      mappings: { properties: { v: { type: 'long' } } },
      id: ({ pk }) => (String(pk).startsWith('user') ? undefined : String(pk).replace(/^same.*/, 'same')),
      document({ v }) {
        if (v === 'throws') throw new Error('no document')
        return v === 'none' ? undefined : { v }
      },
    }),
    defineIndex({
      alias: 'users',
      mappings: { properties: {} },
      id: ({ pk }) => (String(pk).startsWith('user') ? String(pk) : undefined),
      document: ({ v }) => ({ v }),
    }),
  ],
})

const place: PagePlace = { pass: 'index.1', chunk: 's00000', epoch: 1, before: 0 }

/** A build whose pass is at work: a table, a ledger, two indices, and a clock that moves when somebody sleeps. */
export async function building({
  around,
  ...options
}: Partial<MemorySearchOptions> & { around?: (search: Search) => Partial<Search> } = {}) {
  const time = { now: Date.UTC(2026, 10, 26) }
  const runtime = {
    clock: () => time.now,
    random: () => 0.5,
    sleep: async (ms: number) => {
      time.now += ms
    },
    emit: () => {},
  }
  const table = memoryTable(schema, 'destination')
  const ledger = memoryLedgerTable()
  // Each index has a UUID of its own.
  let seed = 7
  const random = () => {
    seed = (seed * 16_807) % 2_147_483_647
    return seed / 2_147_483_647
  }
  const search = new MemorySearch({ clock: runtime.clock, random, ...options })
  const indices: Build['indices'] = {}
  for (const { alias, settings, mappings } of definitions) {
    const name = `${alias}-run00001-1`
    await search.createIndex(name, { settings, mappings, aliases: [writeAlias(name)] })
    indices[alias] = { name, uuid: (await search.indices(name))[0]!.uuid }
  }
  const begun = { ...id, hash: 'h', state: 'building', begunAt: 1, stateAt: 1, since: 1, indices } as const
  await ledger.commit([buildPut(undefined, begun)])
  const bulks: Write[][] = []
  let unanswered = 0
  const ask = Object.assign(async () => {}, { unanswered: () => void unanswered++ })
  const bare: Search = new Proxy(search, {
    get(target, name) {
      const changed = around?.(search) as Record<PropertyKey, unknown> | undefined
      const value = changed?.[name] ?? Reflect.get(target, name)
      const call = typeof value === 'function' ? value.bind(target) : value
      if (name !== 'bulk') return call
      return (writes: readonly Write[]) => {
        bulks.push([...writes])
        return call(writes)
      }
    },
  })
  const pass = indexPass({ build: id, definitions, schema, search: bare, ledger, runtime, ask })
  const tickets: TicketEngine = {
    build: buildKey(id),
    isQuiet: false,
    documentsOf: documentsOf({ indices }, definitions, schema),
    table,
    search,
    ledger,
    runtime,
    lifetimeMs: 960_000,
  }
  return {
    time,
    table,
    ledger,
    search,
    indices,
    bulks,
    pass,
    unanswered: () => unanswered,
    put(...items: [pk: string, v?: number | string][]) {
      for (const [pk, v = 1] of items)
        table.store({ pk: { S: pk }, v: typeof v === 'number' ? { N: `${v}` } : { S: v } })
    },
    /** The items of the table as they are now, as a page. */
    async read() {
      return (await table.scan({ segment: 0, totalSegments: 1, limit: 1000, consistent: true })).items
    },
    /** Reads the table as one page, and writes its documents. */
    async apply(items?: RawItem[]) {
      return pass.apply(items ?? (await this.read()), place)
    },
    /** What the feed does once these items have changed. */
    change: (...pks: string[]) =>
      sendChanged(
        pks.map((pk) => ({ key: key(pk) })),
        tickets,
      ),
    documents: (alias: string) =>
      Object.fromEntries(search.documents(indices[alias]!.name).map(({ id, document }) => [id, document.v])),
    ticket: (pk: string) => readTicket(ledger, buildKey(id), key(pk)),
    listed: () =>
      ledger
        .rows()
        .filter(({ pk }) => pk.startsWith('REJECTED#'))
        .map(({ reasons }) => reasons),
    build: () => getBuild(ledger, id),
  }
}
