import type { TableSchema } from '../dynamodb/key.ts'
import type { RawItem } from '../dynamodb/raw-item.ts'
import { declaredApplies } from './applies.ts'
import { call, type Reason } from './guarded-call.ts'
import type { Migration } from './migration.ts'
import { indexProblem, shareKey, toOutput } from './output.ts'
import { showIssues } from './reasons.ts'
import type { StandardSchema } from './standard-schema.ts'
import { describe, type Item, isPlainObject, toItem } from './values.ts'

export const noMigration = 'no migration'

/**
 * The result of the pending migrations for one item. `reason` holds names and types, never contents of the item.
 * `migration` is `no migration` if none claims the item and the destination refuses it as it is.
 */
export type Migrated =
  | { kind: 'untouched'; outputs: [RawItem] }
  | { kind: 'migrated'; outputs: RawItem[]; migration: string }
  | { kind: 'dropped' }
  | { kind: 'quarantined'; migration: string; reason: string }

/**
 * Runs the pending migrations, in order, on one item: the second on the outputs of the first, and so on, as if each
 * were a run of its own. An unclaimed item is returned as it came, unbuilt. The whole item is quarantined if one of its
 * outputs is bad.
 * @param schema of the destination.
 */
export function migrateItem(migrations: readonly Migration[], schema: TableSchema, item: RawItem): Migrated {
  let items = [item]
  let claimed: string | undefined
  for (const migration of migrations) {
    const step = runOne(migration, schema, items)
    if (step === 'unclaimed') continue
    if ('reason' in step) return { kind: 'quarantined', migration: migration.id, reason: step.reason }
    claimed = migration.id
    items = step.items
  }
  if (claimed === undefined) {
    const reason = schema.indexKeys && indexProblem(schema, item.attributes())
    return reason ? { kind: 'quarantined', migration: noMigration, reason } : { kind: 'untouched', outputs: [item] }
  }
  if (items.length === 0) return { kind: 'dropped' }
  return { kind: 'migrated', outputs: items, migration: claimed }
}

function runOne(
  migration: Migration,
  schema: TableSchema,
  items: RawItem[],
): { items: RawItem[] } | Reason | 'unclaimed' {
  const next: RawItem[] = []
  let claimed = false
  for (const item of items) {
    const applies = claims(migration, item)
    if (typeof applies === 'object') return applies
    if (!applies) {
      next.push(item)
      continue
    }
    claimed = true
    const outputs = runUp(migration, schema, toItem(item.attributes()))
    if ('reason' in outputs) return outputs
    next.push(...outputs)
  }
  if (!claimed) return 'unclaimed'
  return shareKey(next) ? { reason: 'two outputs have the same key' } : { items: next }
}

function claims({ applies }: Migration, item: RawItem): boolean | Reason {
  if (typeof applies !== 'function') return declaredApplies(applies, item)
  // Called with a copy: `up` gets the item as it is stored, even if `applies` changes its argument.
  const result = call('applies', () => applies(toItem(item.attributes())))
  if ('reason' in result) return result
  if (typeof result.value === 'boolean') return result.value
  return { reason: `applies: expected a boolean, got ${describe(result.value)}` }
}

function runUp(migration: Migration, schema: TableSchema, item: Item): RawItem[] | Reason {
  const refused = check('source schema', migration.source, item)
  if (refused) return refused
  const returned = call('up', () => migration.up(item))
  if ('reason' in returned) return returned
  const list = call('up', () => listOf(returned.value))
  if ('reason' in list) return list
  const outputs: RawItem[] = []
  for (const output of list.value) {
    const reduced = call('output', () => reduce(schema, output))
    // Reduced before the schema runs, so that changes by the schema are not stored. The schema's reason is preferred.
    const rejected = check('target schema', migration.target, output)
    if ('reason' in reduced) return reduced
    if ('unfit' in reduced.value) return { reason: reduced.value.unfit }
    if (rejected) return rejected
    if ('reason' in reduced.value) return { reason: `output: ${reduced.value.reason}` }
    outputs.push(reduced.value)
  }
  return outputs
}

/** The stored form of an output: plain attribute values, read once. Getters and proxies may throw. */
function reduce(schema: TableSchema, output: unknown): RawItem | Reason | { unfit: string } {
  if (!isPlainObject(output)) return { unfit: `up: expected items or nothing, got ${describe(output)}` }
  return toOutput(schema, output)
}

function listOf(returned: unknown): unknown[] {
  if (returned === null || returned === undefined) return []
  return Array.isArray(returned) ? [...returned] : [returned]
}

function check(name: string, schema: StandardSchema, value: unknown): Reason | undefined {
  const result = call(name, () => schema['~standard'].validate(value))
  if ('reason' in result) return result
  const shown = call(name, () => {
    const { issues } = result.value
    return issues && showIssues(issues)
  })
  if ('reason' in shown) return shown
  return shown.value === undefined ? undefined : { reason: `${name}: ${shown.value}` }
}
