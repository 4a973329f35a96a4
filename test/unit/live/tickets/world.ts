import type { Attributes } from '../../../../shared/dynamodb/attributes.ts'
import type { Key, KeySchema } from '../../../../shared/dynamodb/key.ts'
import type { LedgerValue, Row } from '../../../../shared/ledger/table.ts'
import { ticketId, ticketOf } from '../../../../shared/ledger/tickets.ts'
import type { TicketEngine } from '../../../../shared/live/tickets/engine.ts'
import { defineIndex } from '../../../../shared/migrations/index.ts'
import { makeDocument } from '../../../../shared/migrations/make-document.ts'
import type { EngineEvent } from '../../../../shared/runtime/events.ts'
import type { Write } from '../../../../shared/search/ports.ts'
import { memoryLedgerTable } from '../../../memory/ledger-table.ts'
import { MemorySearch, type MemorySearchOptions } from '../../../memory/search.ts'
import { memoryTable } from '../../../memory/table.ts'

export const schema: KeySchema = { pk: { name: 'pk', type: 'S' } }
export const build = 'run00001.index.1'
export const key = (pk: string): Key => ({ pk: { S: pk } })
export const seq = (n: number) => `${n}`.padStart(40, '0')
export const item = (pk: string, v: string | number = 1): Attributes => ({
  pk: { S: pk },
  v: typeof v === 'number' ? { N: `${v}` } : { S: v },
})

/** Documents of all items but those whose key begins with `no`; of all that begin with `same` the id is the same. */
const definition = defineIndex({
  alias: 'court',
  mappings: { properties: { v: { type: 'long' } } },
  id: ({ pk }) => {
    if (String(pk) === 'bad id') throw new Error('no id')
    return String(pk).startsWith('no') ? undefined : String(pk).replace(/^same.*/, 'same')
  },
  routing: () => 'us',
  document: ({ v }) => (v === 'none' ? undefined : { v }),
})

/** The tickets of one build: a table, a ledger, an index, and a clock that moves when somebody sleeps. */
export async function world(options: Partial<MemorySearchOptions> = {}) {
  const time = { now: Date.UTC(2026, 10, 26) }
  const events: EngineEvent[] = []
  const runtime = {
    clock: () => time.now,
    random: () => 0.5,
    sleep: async (ms: number) => {
      time.now += ms
    },
    emit: (event: EngineEvent) => void events.push(event),
  }
  const table = memoryTable(schema, 'destination')
  const ledger = memoryLedgerTable()
  const search = new MemorySearch({ clock: runtime.clock, random: runtime.random, ...options })
  const mappings = { dynamic: 'false', ...definition.mappings, properties: { v: { type: 'long' } } }
  await search.createIndex('court-1', { settings: {}, mappings, aliases: ['court-1-W'] })
  const bulks: Write[][] = []
  const engine: TicketEngine = {
    build,
    isQuiet: true,
    documentsOf: (of, found) => [
      { alias: 'court', through: 'court-1-W', made: makeDocument(definition, schema, of, found) },
    ],
    table,
    search: {
      async bulk(writes) {
        bulks.push([...writes])
        return search.bulk(writes)
      },
    },
    ledger,
    runtime,
    lifetimeMs: 960_000,
  }
  return {
    time,
    events,
    table,
    ledger,
    search,
    bulks,
    engine,
    /** The values in the index, by id. */
    async values(...ids: string[]) {
      const found = await search.get(
        'court-1',
        ids.map((id) => ({ id, routing: 'us' })),
      )
      return found.map((stored) => stored?.document.v)
    },
    async ticket(pk: string) {
      const id = ticketId(build, key(pk))
      const row = await ledger.get(id.pk, id.sk)
      return row && ticketOf(row)
    },
    /** Changes a ticket, as somebody else does. */
    async edit(pk: string, change: { [name: string]: LedgerValue | undefined }) {
      const id = ticketId(build, key(pk))
      const row = (await ledger.get(id.pk, id.sk)) as Row
      await ledger.commit([{ row: { ...row, ...change }, expect: 'any' }])
    },
    rejected: () =>
      ledger.rows().flatMap(({ pk, key: of, reasons }) => (pk.startsWith('REJECTED#') ? [{ key: of, reasons }] : [])),
    burials: () => ledger.rows().filter(({ pk, done }) => pk.startsWith('BURIAL#') && !done),
  }
}
