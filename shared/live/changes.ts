import type { Attributes } from '../dynamodb/attributes.ts'
import { encodeKey, type Key, type TableSchema } from '../dynamodb/key.ts'
import { rawItem } from '../dynamodb/raw-item.ts'
import { type Migrated, migrateItem, noMigration } from '../migrations/migrate-item.ts'
import type { Migration } from '../migrations/migration.ts'
import type { DestinationChange, StreamRecord } from './ports.ts'

/** What one record means for the destination. */
export interface Changes {
  /** One for each destination key the source item makes, or made before. */
  changes: DestinationChange[]
  /** The migration that made what is put. */
  migration: string
  /** Why the item as it is now cannot be migrated. */
  poison?: { migration: string; reason: string }
  /** The item as it was before could not be migrated, and as it is now it can, or is gone. */
  cured: boolean
}

/**
 * What the new image makes is put; what the old image made and the new one does not is deleted. An image that cannot be
 * migrated makes nothing.
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
  if (now?.kind === 'quarantined')
    return { changes, migration, poison: { migration, reason: now.reason }, cured: false }
  return { changes, migration, cured: before?.kind === 'quarantined' }
}

/** The last of some records of one source item, with what they mean together. */
export interface Coalesced {
  record: StreamRecord
  changes: Changes
}

/**
 * Records of one source item, oldest first, as fewer: an item that changes hundreds of times a second is written once for
 * each batch. What an earlier record changed and the last one does not is gone by then. One that has to do with the
 * quarantine list stands for itself, because drain asks the list for its number.
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

const concernsQuarantine = ({ poison, cured }: Changes) => poison !== undefined || cured

function leftBehind(before: DestinationChange[], now: DestinationChange[]): DestinationChange[] {
  const changed = new Set(now.map((change) => encodeKey(keyOfChange(change))))
  return before.map(keyOfChange).flatMap((key) => (changed.has(encodeKey(key)) ? [] : [{ delete: key }]))
}

/** Items an image makes. */
export function outputsOf(migrated: Migrated | undefined) {
  return migrated && 'outputs' in migrated ? migrated.outputs : []
}

/** Which migration an item is as it is by, whether it can be migrated or not. */
export function migrationOf(migrated: Migrated | undefined): string {
  return migrated && 'migration' in migrated ? migrated.migration : noMigration
}

/** The destination key a change is about. */
export function keyOfChange(change: DestinationChange): Key {
  return 'put' in change ? change.put.key : change.delete
}
