import type { Accepted, StandardSchema } from './standard-schema.ts'
import type { Item } from './values.ts'

/**
 * Which items a migration claims. Declared, it is decided on the item's key and one attribute without building the item,
 * so the items it does not claim cost next to nothing; where several are given, all must hold. As a function it is asked
 * about every item, built.
 */
export type Applies = DeclaredApplies | ((item: Item) => boolean)

export interface DeclaredApplies {
  /** How string keys begin. A key of another type, or no sort key, does not match. */
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
  /** What the ledger remembers it by, for ever: lower-case letters, digits and hyphens, such as `2021-09-11-split-cases`. */
  id: string
  /** One line for people. */
  title: string
  applies: Applies
  /** What a claimed item must look like, as stored. */
  source: Source
  /** What each output must look like; a union where outputs differ. */
  target: Target
  /**
   * Makes of one item: one item, several, or none (`null`, `undefined`, `[]`) to drop it. Pure and synchronous: it may run
   * many times for one item, and must say the same each time. The key may change.
   */
  up(item: Accepted<Source>): Accepted<Target> | readonly Accepted<Target>[] | null | undefined
  /**
   * The key attributes of the item that an output came from, told from the output's key attributes alone; nothing where
   * this migration cannot have made that key. For one that keeps keys: `(key) => key`. Verify needs it to tell an orphan
   * in the destination; without it, and where it throws or answers no key, the report says "orphans not checked".
   */
  inverse?(key: Item): object | null | undefined
}

/**
 * Defines one migration. Schemas are anything that implements Standard Schema (zod 4, zod/mini, …), synchronously.
 *
 * **Schemas check, they never rewrite.** `up` gets the item as it is stored, whole, and what it returns is stored as it
 * is; a schema's defaults, transforms and coercions are not applied. So a schema may name only the attributes the
 * migration cares about: `z.object` would strip the others, and here they stay, as long as `up` carries them on
 * (`{ ...item, … }`). To refuse unknown attributes, use `z.strictObject`.
 *
 * An item that fails a schema, whose `up` throws, or whose outputs DynamoDB could not store is quarantined whole, with
 * the reason; it stops nothing else.
 */
export function defineMigration<Source extends StandardSchema, Target extends StandardSchema>(
  migration: MigrationDefinition<Source, Target>,
): Migration {
  return migration
}
