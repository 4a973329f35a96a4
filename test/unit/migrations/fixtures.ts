import type { Attributes } from '../../../shared/dynamodb/attributes.ts'
import type { KeySchema } from '../../../shared/dynamodb/key.ts'
import { type RawItem, rawItem } from '../../../shared/dynamodb/raw-item.ts'
import type { Migration } from '../../../shared/migrations/index.ts'
import type { StandardSchema } from '../../../shared/migrations/standard-schema.ts'

export const pkAndSk: KeySchema = { pk: { name: 'pk', type: 'S' }, sk: { name: 'sk', type: 'S' } }

/** A schema that accepts everything. */
export const anything: StandardSchema = {
  '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) },
}

/** A migration of every item that changes nothing, but for what a test cares about. */
export function migration(parts: Partial<Migration> = {}): Migration {
  return {
    id: 'm1',
    title: 'for a test',
    applies: () => true,
    source: anything,
    target: anything,
    up: (item) => item,
    ...parts,
  }
}

export function raw(attributes: Attributes = {}): RawItem {
  return rawItem(pkAndSk, { pk: { S: 'a' }, sk: { S: 'b' }, ...attributes })
}

/** Names that every JavaScript object has a member of, and items may have, too. */
export const memberNames = ['constructor', 'toString', 'valueOf', 'hasOwnProperty', '__proto__']

/** Attributes with the members of sets in order: DynamoDB's sets have none. */
export function unordered(value: unknown): unknown {
  if (value instanceof Uint8Array || typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(unordered)
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => {
      const isSet = ['SS', 'NS', 'BS'].includes(name) && Array.isArray(part)
      return [name, isSet ? [...part].map(String).sort() : unordered(part)]
    }),
  )
}
