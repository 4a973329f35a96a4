import type { KeySchema } from '../dynamodb/key.ts'
import { rawItem } from '../dynamodb/raw-item.ts'
import { loadMigrations } from './load-migrations.ts'
import { migrateItem } from './migrate-item.ts'
import type { Migration } from './migration.ts'
import { type Item, toAttributes, toItem } from './values.ts'

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
