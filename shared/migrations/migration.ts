import type { Accepted, StandardSchema } from './standard-schema.ts'
import type { Item } from './values.ts'

/**
 * Which items a migration claims. A declaration is tested on the item's key and one attribute, without building the
 * item, so unclaimed items cost next to nothing; all its conditions must hold. A function is called for every item,
 * built.
 */
export type Applies = DeclaredApplies | ((item: Item) => boolean)

export interface DeclaredApplies {
  /** Prefixes of string keys: of the partition key and the sort key, whatever their attributes are called. A key of another type, or a missing sort key, does not match. */
  keyPrefix?: { pk?: string; sk?: string }
  /** A top-level attribute and the value it has. */
  attribute?: { name: string; equals: string | number | boolean | null }
}

/** A migration as the engine runs it; {@link defineMigration} is how to write one. */
export interface Migration {
  readonly id: string
  readonly title: string
  readonly applies: Applies
  readonly source: StandardSchema
  readonly target: StandardSchema
  up(item: unknown): unknown
  inverse?(key: Item): object | null | undefined
}

export interface MigrationDefinition<Source extends StandardSchema, Target extends StandardSchema> {
  /** Its permanent name in the ledger: lower-case letters, digits and hyphens, such as `2021-09-11-split-cases`. */
  id: string
  /** One line for people. */
  title: string
  applies: Applies
  /** What a claimed item must look like, as stored. */
  source: Source
  /** What each output must look like; a union where outputs differ. */
  target: Target
  /**
   * Turns one item into one item, several, or none (`null`, `undefined`, `[]`) to drop it. Pure and synchronous: it may
   * run many times for one item and must return the same each time. The key may change.
   */
  up(item: Accepted<Source>): Accepted<Target> | readonly Accepted<Target>[] | null | undefined
  /**
   * Returns the key attributes of the source item of an output, given only the output's key attributes; `null` or
   * `undefined` if this migration cannot have made that key. For a migration that keeps keys: `(key) => key`. Verify
   * needs it to tell an orphan in the destination. Without it, or if it throws or returns no key, the report says
   * "orphans not checked".
   */
  inverse?(key: Item): object | null | undefined
}

/**
 * Defines one migration. Schemas are anything that implements Standard Schema (zod 4, zod/mini, …), synchronously.
 *
 * **Schemas check, they never rewrite.** `up` gets the whole item as it is stored, and its outputs are stored as they
 * are; a schema's defaults, transforms and coercions are not applied. So a schema may name only the attributes that the
 * migration needs: `z.object` would strip the others, but here they stay, as long as `up` copies them (`{ ...item, …
 * }`). To refuse unknown attributes, use `z.strictObject`.
 *
 * An item is quarantined whole, with the reason, if it fails a schema, if `up` throws, or if DynamoDB cannot store one
 * of its outputs. Other items continue.
 */
export function defineMigration<Source extends StandardSchema, Target extends StandardSchema>(
  migration: MigrationDefinition<Source, Target>,
): Migration {
  return migration
}
