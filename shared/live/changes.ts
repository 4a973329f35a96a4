import type { Attributes } from '../dynamodb/attributes.ts'
import { encodeKey, type Key, type TableSchema } from '../dynamodb/key.ts'
import { rawItem } from '../dynamodb/raw-item.ts'
import { type Migrated, migrateItem, noMigration } from '../migrations/migrate-item.ts'
import type { Migration } from '../migrations/migration.ts'
import type { DestinationChange, StreamRecord } from './ports.ts'

/** The changes of the destination that one record requires. */
export interface Changes {
  /** One for each destination key that the source item makes now or made before. */
  changes: DestinationChange[]
  /** The migration that made the outputs. */
  migration: string
  /** Why the new image cannot be migrated. */
  unfit?: { migration: string; reason: string }
  /** The old image could not be migrated; the new one can, or the item is gone. */
  cured: boolean
}

/**
 * Puts the outputs of the new image, and deletes the outputs of the old image that the new one no longer makes. An
 * image that cannot be migrated has no outputs.
 */
export function changesOf(
  record: StreamRecord,
  { migrations, schema }: { migrations: readonly Migration[]; schema: TableSchema },
): Changes {
  const migrate = (image: Attributes) => migrateItem(migrations, schema, rawItem(schema, image))
  const before = record.old && migrate(record.old)
  const now = record.new && migrate(record.new)
  const puts = outputsOf(now)
  const made = new Set(puts.map(({ key }) => encodeKey(key)))
  const gone = outputsOf(before).filter(({ key }) => !made.has(encodeKey(key)))
  const changes: DestinationChange[] = [...puts.map((put) => ({ put })), ...gone.map(({ key }) => ({ delete: key }))]
  const migration = migrationOf(now)
  if (now?.kind === 'quarantined') return { changes, migration, unfit: { migration, reason: now.reason }, cured: false }
  return { changes, migration, cured: before?.kind === 'quarantined' }
}

/** The last of several records of one source item, with the changes of all of them. */
export interface Coalesced {
  record: StreamRecord
  changes: Changes
}

/**
 * Combines records of one source item, oldest first: an item that changes hundreds of times a second is written once
 * for each batch. Outputs of earlier records that the last one does not make are deleted. A record that concerns the
 * quarantine list is not combined, because drain looks up its number in the list.
 */
export function coalesce(
  records: StreamRecord[],
  engine: { migrations: readonly Migration[]; schema: TableSchema },
): Coalesced[] {
  const all: Coalesced[] = []
  for (const record of records) {
    const changes = changesOf(record, engine)
    const before = all.at(-1)
    const joins = before && before.record.seq < record.seq && ![before.changes, changes].some(concernsQuarantine)
    if (joins) changes.changes.push(...leftBehind(before.changes.changes, changes.changes))
    all.splice(joins ? -1 : all.length, 1, { record, changes })
  }
  return all
}

const concernsQuarantine = ({ unfit, cured }: Changes) => unfit !== undefined || cured

function leftBehind(before: DestinationChange[], now: DestinationChange[]): DestinationChange[] {
  const changed = new Set(now.map((change) => encodeKey(keyOfChange(change))))
  return before.map(keyOfChange).flatMap((key) => (changed.has(encodeKey(key)) ? [] : [{ delete: key }]))
}

/** The outputs of an image. */
export function outputsOf(migrated: Migrated | undefined) {
  return migrated && 'outputs' in migrated ? migrated.outputs : []
}

/** The last migration that claimed an item, whether it can be migrated or not. */
export function migrationOf(migrated: Migrated | undefined): string {
  return migrated && 'migration' in migrated ? migrated.migration : noMigration
}

/** The destination key a change is about. */
export function keyOfChange(change: DestinationChange): Key {
  return 'put' in change ? change.put.key : change.delete
}
