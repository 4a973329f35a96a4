import type { Attributes } from '../../shared/dynamodb/attributes.ts'
import { encodeKey, type Key, type KeySchema, keyOf } from '../../shared/dynamodb/key.ts'
import { rawItem } from '../../shared/dynamodb/raw-item.ts'
import type { Put, Row } from '../../shared/ledger/table.ts'
import type { DestinationChange, StreamRecord } from '../../shared/live/ports.ts'
import { migrateItem } from '../../shared/migrations/migrate-item.ts'
import { defineMigration } from '../../shared/migrations/migration.ts'
import { canonical } from './canonical.ts'
import { committed } from './commit.ts'

export const schema: KeySchema = { pk: { name: 'pk', type: 'S' } }
export const key = (name: string): Key => ({ pk: { S: name } })

/** Everything that is shared, as plain data that is never changed, only replaced. */
export interface Store {
  /** By encoded key. */
  source: { [key: string]: Attributes }
  destination: { [key: string]: Attributes }
  /** The ledger, by `pk sk`. */
  rows: { [key: string]: Row }
  /** What the stream carries, by encoded source key, in order. */
  log: { [key: string]: StreamRecord[] }
  /** Every value the quiet flag has had. */
  quiets: (string | undefined)[]
}

/** One thing an application does to one source item; `to` names the destination key the item makes. */
export interface Write {
  source: string
  /** `to: 'poison'` cannot be migrated. Absent: the item is deleted. */
  to?: string
}

/** An item becomes one of another key; its key, its target and a value that tells versions apart. */
const anything = { '~standard': { version: 1 as const, vendor: 'none', validate: (value: unknown) => ({ value }) } }
export const migration = defineMigration({
  id: 'move',
  title: 'Moves each item to the key it names',
  applies: () => true,
  source: anything,
  target: anything,
  up(item) {
    const { to, ...rest } = item as { to: string }
    if (to === 'poison') throw new Error('poison')
    return { ...rest, pk: to }
  },
})

export function emptyStore(): Store {
  const rows = { 'RUN#r CONTROL': { pk: 'RUN#r', sk: 'CONTROL', command: 'run', fence: 1 } }
  return { source: {}, destination: {}, rows, log: {}, quiets: [undefined] }
}

/** The write and its stream record, in one instant. `first`: before the migration, so nothing is recorded. */
export function write(store: Store, { source, to }: Write, version: number, first = false): Store | undefined {
  const id = encodeKey(key(source))
  const old = store.source[id]
  const image =
    to === undefined ? undefined : { pk: { S: source }, from: { S: source }, to: { S: to }, v: { N: `${version}` } }
  if (!old && !image) return undefined
  const { [id]: _, ...others } = store.source
  const next = { ...store, source: image ? { ...others, [id]: image } : others }
  if (first) return next
  const before = store.log[id] ?? []
  // Numbers of one item grow; those of `a` are all above those of any other, whenever they happened.
  const seq = `${(source === 'a' ? 500 : 100) + before.length}`.padStart(40, '0')
  const record: StreamRecord = { key: key(source), seq, at: 0, ...(old && { old }), ...(image && { new: image }) }
  return { ...next, log: { ...store.log, [id]: [...before, record] } }
}

export function commit(store: Store, puts: Put[]): Store | undefined {
  const rows = committed(store.rows, puts)
  return rows && { ...store, rows }
}

export function change(store: Store, change: DestinationChange): Store {
  const id = encodeKey('put' in change ? change.put.key : change.delete)
  const { [id]: _, ...others } = store.destination
  return { ...store, destination: 'put' in change ? { ...others, [id]: change.put.attributes() } : others }
}

/** Versions a reader that is not strongly consistent may see: the item as it is or ever was; `undefined`: no item. */
export function versions(store: Store, source: string): (Attributes | undefined)[] {
  const id = encodeKey(key(source))
  return [store.source[id], ...(store.log[id] ?? []).map((record) => record.old)]
}

/** What is wrong with the destination once all is done; `undefined` when it is the migrated source. */
export function wrong(store: Store): string | undefined {
  const claims = new Map<string, Attributes[]>()
  const poison: string[] = []
  for (const [id, image] of Object.entries(store.source)) {
    const migrated = migrateItem([migration], schema, rawItem(schema, image))
    if (migrated.kind === 'quarantined') poison.push(id)
    for (const output of 'outputs' in migrated ? migrated.outputs : []) {
      const target = encodeKey(output.key)
      claims.set(target, [...(claims.get(target) ?? []), output.attributes()])
    }
  }
  for (const target of new Set([...claims.keys(), ...Object.keys(store.destination)])) {
    const wanted = claims.get(target) ?? []
    const found = store.destination[target]
    if (wanted.some((each) => !touches(store, each.from, target)) && othersTouched(store, wanted, target)) continue
    if (wanted.length === 0 && found) return `${target} is there and should not be`
    if (wanted.length > 0 && !wanted.some((each) => same(each, found)))
      return `${target} should be ${JSON.stringify(wanted)}, is ${JSON.stringify(found)}`
  }
  const listed = Object.values(store.rows).filter((row) => row.pk.startsWith('QUARANTINE#') && !row.cleared)
  if (!same(listed.map((row) => row.key).sort(), poison.sort()))
    return `quarantine lists ${listed.map((row) => row.key)}, not ${poison}`
  return undefined
}

/**
 * A source item that made the key all along, and so has no record of it, while another's records came and went: a
 * collision, which verify names and no stream can mend.
 */
function othersTouched(store: Store, wanted: Attributes[], target: string): boolean {
  const claimants = wanted.map((each) => JSON.stringify(each.from))
  const froms = Object.values(store.log).flatMap((records) =>
    records.flatMap((record) => [record.new?.from, record.old?.from]),
  )
  return froms.some((from) => from && !claimants.includes(JSON.stringify(from)) && touches(store, from, target))
}

function touches(store: Store, from: unknown, target: string): boolean {
  const records = Object.values(store.log).flat()
  return records.some((record) =>
    [record.old, record.new].some(
      (image) => image && same(image.from, from) && encodeKey(keyOf(schema, { pk: image.to! })!) === target,
    ),
  )
}

function same(a: unknown, b: unknown): boolean {
  return canonical(a) === canonical(b)
}
