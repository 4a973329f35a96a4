import type { Attributes } from '../../../shared/dynamodb/attributes.ts'
import { type RawItem, rawItem } from '../../../shared/dynamodb/raw-item.ts'
import type { LedgerTable, Put, Row } from '../../../shared/ledger/table.ts'
import type { TicketEngine } from '../../../shared/live/tickets/engine.ts'
import { SearchError } from '../../../shared/search/errors.ts'
import type { Write, WriteResult } from '../../../shared/search/ports.ts'
import type { Call } from '../unit.ts'
import { build, commit, documentsOf, landed, type Store, schema } from './store.ts'

/** Rules that can be left out, one at a time, to see that the check notices. */
export type Rule =
  | 'the ticket is taken before the item is read'
  | 'a record counts once its request is answered'
  | 'a conflict is no success'
  | 'a conflict counts only where a newer ticket was sent'
  | 'a rejected document leaves nothing behind'
  | 'a delete has the routing of the document'
  | 'each attempt has a ticket of its own'
  | 'a ticket remembers older ones'
  | 'the pass is buried'
  | 'burying waits until the pass is quiet'
  | 'the monitor buries what the walk cannot'
  | 'a record counts by what was seen before the read'
  | 'a rejection is listed by the newest only'
  | 'every build has an alias of its own'

/** An answer of a port, and when it was given. */
interface Answer<T> {
  now: number
  value: T
}

/** Rows as they were read, by whoever a rule is left out for. */
type Lens = (row: Row, lastResult: WriteResult | undefined) => Row

const lenses: Partial<Record<Rule, Lens>> = {
  'a conflict counts only where a newer ticket was sent': (row, last) =>
    last?.kind === 'conflict' && (last.holds ?? 0) <= Number(row.version)
      ? { ...row, sent: Number(row.version) + 1 }
      : row,
  'a ticket remembers older ones': ({ lateUntil: _, ...row }) => row as Row,
  'a rejection is listed by the newest only': (row, last) => (last?.kind === 'rejected' ? { ...row, sent: 0 } : row),
}

/** When somebody begins, and what it knows of quiet. */
export interface Begin {
  now: number
  isQuiet: boolean
}

/** The engine of one who acts over a store whose every access is one step, and is no more after a lifetime. */
export function engineOf(
  call: Call<Store>,
  without: Rule | undefined,
  lifetime: number,
  { now: started, isQuiet }: Begin,
): TicketEngine {
  const readsFirst = without === 'the ticket is taken before the item is read'
  let now = started
  let last: WriteResult | undefined
  /** The item when the first row was read for the next bulk. */
  let seen: { item?: Attributes | undefined } | undefined
  const ask = async <T>(effect: (store: Store) => [Store, T][], joined?: 'joined'): Promise<T> => {
    const answer = await call<Answer<T>>((store) => {
      if (store.now >= started + lifetime) return []
      return effect(store).map(([after, value]) => [after, { now: store.now, value }])
    }, joined)
    now = answer.now
    return answer.value
  }
  const lens = (without && lenses[without]) ?? ((row: Row) => row)
  const ledger: LedgerTable = {
    async get(pk, sk) {
      const { row, item } = await ask(
        (store) => [[store, { row: store.rows[`${pk} ${sk}`], ...(readsFirst && { item: store.item }) }]],
        // A row that is read to be replaced: whoever finds it changed reads it again.
        last?.kind === 'conflict' || readsFirst ? undefined : 'joined',
      )
      seen ??= { item }
      return row && lens(row, last)
    },
    query: (pk) => ask((store) => [[store, Object.values(store.rows).filter((row) => row.pk === pk)]], 'joined'),
    commit(puts) {
      // Whoever reads a row next reads it for something else.
      if (without === 'a rejection is listed by the newest only') last = undefined
      return ask((store) => {
        const after = commit(
          store,
          puts.map((put) => bent(put, store, without)),
        )
        return [[after ?? store, after !== undefined]]
      })
    },
  }
  const read = (attributes: Attributes | undefined): RawItem[] =>
    attributes ? [{ ...rawItem(schema, attributes), attributes: () => attributes }] : []
  const engine: TicketEngine = {
    build,
    isQuiet,
    documentsOf: (_, item) => documentsOf(item?.attributes()),
    table: {
      get: async () => read(readsFirst ? seen?.item : await ask((store) => [[store, store.item]])),
    },
    search: { bulk: async ([write]) => [await bulk(write!)] },
    ledger,
    runtime: { clock: () => now, random: () => 0, sleep: () => Promise.resolve(), emit: () => {} },
    lifetimeMs: lifetime,
  }
  return engine

  async function bulk(given: Write): Promise<WriteResult> {
    const { routing: _, ...unrouted } = given
    const isUnrouted = without === 'a delete has the routing of the document' && given.op === 'delete'
    const write = isUnrouted ? (unrouted as Write) : given
    seen = undefined
    for (;;) {
      last = await ask((store) => sent(store, write, without, started + lifetime))
      if (last) return last
      if (without !== 'each attempt has a ticket of its own')
        throw new SearchError('search-unavailable', 'the answer was lost')
    }
  }
}

/** What may become of a bulk: it lands and is answered; it lands, or may land, and is not. */
export function sent(
  store: Store,
  write: Write,
  without: Rule | undefined,
  until: number,
): [Store, WriteResult | undefined][] {
  const [after, result] = landed(store, write)
  const flying = { ...store, flying: [...store.flying, { write, until }] }
  if (without === 'a record counts once its request is answered') return [[flying, { kind: 'done' }]]
  const isWaved =
    (without === 'a conflict is no success' && result.kind === 'conflict') ||
    (without === 'a rejected document leaves nothing behind' && result.kind === 'rejected')
  const answered: [Store, WriteResult | undefined] = [after, isWaved ? { kind: 'done' } : result]
  if (store.losses === 0) return [answered]
  const losses = store.losses - 1
  return [answered, [{ ...after, losses }, undefined], [{ ...flying, losses }, undefined]]
}

/** A put as it would be with a rule left out. */
function bent(put: Put, { rows }: Store, without: Rule | undefined): Put {
  const { row, expect } = put
  if (!row.pk.startsWith('TICKET#')) return put
  const before = rows[`${row.pk} ${row.sk}`]
  if (without === 'a record counts by what was seen before the read' && before && row.sent !== before.sent)
    return { expect, row: { ...row, sentSeen: row.seen } }
  if (
    without === 'a rejection is listed by the newest only' &&
    before &&
    row.rejected &&
    row.rejected !== before.rejected
  )
    return { expect: 'any', row: { ...before, rejected: row.rejected } }
  return put
}
