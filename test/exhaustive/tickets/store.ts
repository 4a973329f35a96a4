import type { Attributes } from '../../../shared/dynamodb/attributes.ts'
import type { Key, KeySchema } from '../../../shared/dynamodb/key.ts'
import type { Put, Row } from '../../../shared/ledger/table.ts'
import { ticketId, ticketOf } from '../../../shared/ledger/tickets.ts'
import { isSent } from '../../../shared/live/tickets/decide.ts'
import type { BuildDocument } from '../../../shared/live/tickets/engine.ts'
import type { Write, WriteResult } from '../../../shared/search/ports.ts'
import { committed } from '../commit.ts'

export const schema: KeySchema = { pk: { name: 'pk', type: 'S' } }
/** The only item. */
export const key: Key = { pk: { S: 'a' } }
export const build = 'r.index.1'
/** Aliases to write through: of this build, and of one whose index is gone. */
export const alias = 'court-1-W'
export const goneAlias = 'court-0-W'

/** Everything that is shared, as plain data that is never changed, only replaced. */
export interface Store {
  /** The item, if there is one, and what it was before, oldest first. */
  item: Attributes | undefined
  before: (Attributes | undefined)[]
  /** Sequence numbers of the records that the stream carries. */
  log: string[]
  /** The ledger, by `pk sk`. */
  rows: { [key: string]: Row }
  /** By shard and id; without `json` it is a delete that is still remembered. */
  index: { [place: string]: { version: number; json?: string } }
  /** Bulks without an answer that may still land. */
  flying: Flying[]
  /** Lifetimes are counted in it. */
  now: number
  isQuiet: boolean
  /** How many answers may still be lost. */
  losses: number
}

export interface Flying {
  write: Write
  /** Its sender is no more by then. */
  until: number
}

/** What an application does to the item: gives it contents, contents that the index rejects, or deletes it. */
export type Change = 'good' | 'bad' | 'gone'

export function emptyStore(losses: number): Store {
  return {
    item: image('good', 0),
    before: [],
    log: [],
    rows: {},
    index: {},
    flying: [],
    now: 0,
    isQuiet: false,
    losses,
  }
}

export function image(change: Change, n: number): Attributes | undefined {
  return change === 'gone' ? undefined : { pk: { S: 'a' }, v: { S: `${change} ${n}` } }
}

/** The change and its record, in one instant; `undefined` where nothing would change. */
export function changed(store: Store, change: Change): Store | undefined {
  if (!store.item && change === 'gone') return undefined
  const seq = `${store.log.length + 1}`.padStart(40, '0')
  const item = image(change, store.log.length + 1)
  return { ...store, item, before: [...store.before, store.item], log: [...store.log, seq] }
}

/** What the only index of the build holds of the item: one document, routed. */
export function documentsOf(item: Attributes | undefined): BuildDocument[] {
  const place = { id: 'a', routing: 'court' }
  const json = item && (item.v as { S: string }).S
  const made = json === undefined ? ({ kind: 'none', place } as const) : ({ kind: 'document', place, json } as const)
  return [{ alias: 'court', through: alias, made }]
}

const placeOf = ({ id, routing }: Pick<Write, 'id' | 'routing'>) => `${routing ?? id}/${id}`

/** The write as OpenSearch does it. */
export function landed(store: Store, write: Write): [Store, WriteResult] {
  if (write.alias === goneAlias) return [store, { kind: 'not-found', reason: 'no such alias' }]
  const json = write.op === 'index' ? write.json : undefined
  if (json?.startsWith('bad')) return [store, { kind: 'rejected', reason: 'bad' }]
  const holds = store.index[placeOf(write)]?.version
  if (holds !== undefined && holds >= write.version) return [store, { kind: 'conflict', holds }]
  return [{ ...store, index: { ...store.index, [placeOf(write)]: held(write.version, json) } }, { kind: 'done' }]
}

function held(version: number, json: string | undefined) {
  return json === undefined ? { version } : { version, json }
}

/** The index after it has forgotten its deletes; `undefined` if it remembers none. */
export function forgotten(store: Store): Store | undefined {
  const kept = Object.entries(store.index).filter(([, { json }]) => json !== undefined)
  if (kept.length === Object.keys(store.index).length) return undefined
  return { ...store, index: Object.fromEntries(kept) }
}

/** Another program writes into the index: the next version, as a script does, or a high one. */
export function foreign(store: Store): Store[] {
  const place = placeOf({ id: 'a', routing: 'court' })
  const next = (store.index[place]?.version ?? 0) + 1
  return [next, 9].flatMap((version) => {
    const write: Write = { op: 'index', alias, id: 'a', routing: 'court', version, json: 'foreign' }
    const [after, { kind }] = landed(store, write)
    return kind === 'done' ? [after] : []
  })
}

export function commit(store: Store, puts: Put[]): Store | undefined {
  const rows = committed(store.rows, puts)
  return rows && { ...store, rows }
}

/** Burials that are not done yet. */
export function burials({ rows }: Store): number[] {
  return Object.values(rows).flatMap(({ pk, due, done }) => (pk.startsWith('BURIAL#') && !done ? [due as number] : []))
}

/** What is wrong once all is done; `undefined` when the index holds the documents of the table. */
export function wrong(store: Store): string | undefined {
  const isBad = JSON.stringify(store.item?.v ?? '').includes('bad')
  const wanted = isBad
    ? []
    : documentsOf(store.item).flatMap(({ made }) => (made.kind === 'document' ? [{ json: made.json }] : []))
  const found = Object.values(store.index).flatMap(({ json }) => (json === undefined ? [] : [{ json }]))
  if (JSON.stringify(found) !== JSON.stringify(wanted))
    return `the index should hold ${JSON.stringify(wanted)}, holds ${JSON.stringify(found)}`
  const listed = Object.values(store.rows).filter(
    ({ pk, reasons }) => pk.startsWith('REJECTED#') && Object.keys(reasons as object).length > 0,
  )
  if (listed.length > 0 !== isBad) return `the item is ${isBad ? 'not ' : ''}listed and should ${isBad ? '' : 'not '}be`
  const { pk, sk } = ticketId(build, key)
  const row = store.rows[`${pk} ${sk}`]
  const unsent = store.log.find((seq) => !isSent(row && ticketOf(row), seq))
  return unsent && `record ${unsent} should count as applied`
}
