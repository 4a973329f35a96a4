import type { KeySchema } from '../shared/dynamodb/key.ts'
import { rawItem } from '../shared/dynamodb/raw-item.ts'
import type { IndexDefinition } from '../shared/migrations/index-definition.ts'
import { type LoadedIndex, loadIndices } from '../shared/migrations/load-indices.ts'
import { loadMigrations } from '../shared/migrations/load-migrations.ts'
import { type MadeDocument, makeDocument } from '../shared/migrations/make-document.ts'
import { migrateItem } from '../shared/migrations/migrate-item.ts'
import type { Migration } from '../shared/migrations/migration.ts'
import { type Item, toAttributes, toItem } from '../shared/migrations/values.ts'
import type { JsonObject } from '../shared/search/json.ts'
import { mappingProblem } from '../shared/search/mapping-rules.ts'

/** The result of migrating an item, in plain values. */
export type Applied =
  | { kind: 'untouched' | 'migrated'; outputs: Item[] }
  | { kind: 'dropped' }
  | { kind: 'quarantined'; migration: string; reason: string }

const pkAndSk: KeySchema = { pk: { name: 'pk', type: 'S' }, sk: { name: 'sk', type: 'S' } }

/**
 * Runs migrations on one item the way a run does, for unit tests:
 * `expect(apply(migrations, { pk: 'user|1', sk: 'user|1', … })).toEqual({ kind: 'migrated', outputs: […] })`.
 * @param key the key of the table. @default strings `pk` and `sk`
 * @throws MigrationsModuleError where a run would refuse the migrations; UnstorableError or TypeError where the item could
 * not be in a table.
 */
export function apply(migrations: readonly Migration[], item: object, key: KeySchema = pkAndSk): Applied {
  const migrated = migrateItem(loadMigrations({ default: migrations }), key, rawItem(key, toAttributes(item)))
  switch (migrated.kind) {
    case 'untouched':
    case 'migrated':
      return {
        kind: migrated.kind,
        outputs: migrated.outputs.map((output) => toItem(output.attributes(), (value) => value)),
      }
    case 'dropped':
    case 'quarantined':
      return migrated
  }
}

/** What an index holds of an item; `never` if no item with its key has a document there. */
export type Documented =
  | { kind: 'document'; id: string; routing?: string; document: JsonObject }
  | { kind: 'none'; id: string; routing?: string }
  | { kind: 'never' }
  | { kind: 'quarantined'; reason: string }

/**
 * Makes the document of one item the way a build does, for unit tests:
 * `expect(document(cases, { pk: 'case|1', sk: 'case|1', … })).toMatchObject({ kind: 'document', id: 'case|1' })`.
 * The document also has the field `segue` with the key of its item.
 * @param key the key of the table. @default strings `pk` and `sk`
 * @throws SearchModuleError where a build would refuse the definition; UnstorableError or TypeError where the item could
 * not be in a table.
 */
export function document(definition: IndexDefinition, item: object, key: KeySchema = pkAndSk): Documented {
  const [loaded] = loadIndices({ default: [definition] })
  const made = make(loaded as LoadedIndex, item, key)
  switch (made.kind) {
    case 'document':
      return { kind: 'document', ...made.place, document: JSON.parse(made.json) as JsonObject }
    case 'none':
      return { kind: 'none', ...made.place }
    case 'never':
      return made
    case 'quarantined':
      return { kind: 'quarantined', reason: made.reason }
  }
}

function make(definition: LoadedIndex, item: object, key: KeySchema): MadeDocument {
  const raw = rawItem(key, toAttributes(item))
  return makeDocument(definition, key, raw.key, raw)
}

/** A document that cannot be in its index: the position of its item, the alias, and why. */
export interface Unindexed {
  item: number
  alias: string
  reason: string
}

/**
 * Makes every document of these items, and returns those that a build would quarantine, because the definition cannot
 * make them or the mapping does not take them, and those that share an id:
 * `expect(await unindexed([cases], items)).toEqual([])`.
 *
 * Without an endpoint, mappings are judged by rules that know the common types and take anything for the others. With
 * one, the cluster is the judge: each definition gets a new index there, which is deleted afterwards. A busy cluster is
 * tried again for about half a minute a request.
 * @param options `key` of the table (by default strings `pk` and `sk`), and `endpoint` of an OpenSearch cluster, such as
 * `http://127.0.0.1:9200`.
 * @throws SearchModuleError where a build would refuse a definition; SearchError where the cluster refuses its settings or
 * its mappings, or cannot judge; UnstorableError or TypeError where an item could not be in a table.
 */
export async function unindexed(
  definitions: readonly IndexDefinition[],
  items: readonly object[],
  options: { key?: KeySchema; endpoint?: string } = {},
): Promise<Unindexed[]> {
  const { key = pkAndSk, endpoint } = options
  const problems: Unindexed[] = []
  for (const definition of loadIndices({ default: [...definitions] })) {
    const { alias } = definition
    const made = items.map((item) => make(definition, item, key))
    const judge = endpoint === undefined ? byRules : (await import('./by-cluster.ts')).byCluster(endpoint)
    const reasons = await judge(definition, made)
    for (const [item, reason] of reasons.entries()) if (reason !== undefined) problems.push({ item, alias, reason })
  }
  return problems
}

function byRules({ mappings }: LoadedIndex, made: readonly MadeDocument[]): (string | undefined)[] {
  const places = new Set<string>()
  return made.map((one) => {
    if (one.kind === 'quarantined') return one.reason
    if (one.kind !== 'document') return undefined
    const { id, routing } = one.place
    const place = JSON.stringify([id, routing])
    if (places.has(place)) return 'another of these items has the same id'
    places.add(place)
    return mappingProblem(mappings, JSON.parse(one.json) as JsonObject, routing)
  })
}
