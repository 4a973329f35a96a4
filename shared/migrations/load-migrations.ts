import { MigrationsModuleError } from './errors.ts'
import type { Migration } from './migration.ts'
import { defaultExport } from './module-export.ts'
import { describe, isPlainObject } from './values.ts'

/**
 * Checks the migrations of a user's module, as far as possible without an item, and returns them in the order of its
 * default export.
 * @throws MigrationsModuleError saying which migration is wrong and what was expected.
 */
export function loadMigrations(module: unknown): Migration[] {
  const exported = defaultExport(module)
  if (!Array.isArray(exported))
    throw new MigrationsModuleError(
      `Expected the migrations module to default-export an array of migrations, got ${describe(exported)}`,
    )
  if (exported.length === 0)
    throw new MigrationsModuleError(
      'Expected the migrations module to export at least one migration, got an empty array',
    )
  const ids = new Set<string>()
  for (const [index, migration] of exported.entries()) {
    const problem = migrationProblem(migration)
    if (problem) throw new MigrationsModuleError(`Migration ${index + 1} (${label(migration)}): ${problem}`)
    if (ids.has(migration.id))
      throw new MigrationsModuleError(`Expected every migration to have its own id, got \`${migration.id}\` twice`)
    ids.add(migration.id)
  }
  return exported
}

function label(migration: unknown): string {
  const id = (migration as { id?: unknown } | null | undefined)?.id
  return typeof id === 'string' ? `\`${id}\`` : 'without an id'
}

function migrationProblem(migration: Partial<Record<keyof Migration, unknown>>): string | undefined {
  if (!isPlainObject(migration)) return `expected what defineMigration returns, got ${describe(migration)}`
  const { id, title, applies, source, target, up, inverse } = migration
  if (typeof id !== 'string' || !/^[a-z0-9][a-z0-9-]*$/.test(id))
    return 'expected `id` to be lower-case letters, digits and hyphens, such as `2021-09-11-split-cases`'
  if (typeof title !== 'string' || title.trim() === '') return 'expected `title` to be a line of text'
  if (!isSchema(source)) return 'expected `source` to be a schema such as `z.object({…})`'
  if (!isSchema(target)) return 'expected `target` to be a schema such as `z.object({…})`'
  if (typeof up !== 'function') return `expected \`up\` to be a function, got ${describe(up)}`
  if (inverse !== undefined && typeof inverse !== 'function')
    return `expected \`inverse\` to be a function, got ${describe(inverse)}`
  return appliesProblem(applies)
}

function isSchema(value: unknown): boolean {
  const standard = (value as { '~standard'?: { validate?: unknown } } | null | undefined)?.['~standard']
  return typeof standard?.validate === 'function'
}

function appliesProblem(applies: unknown): string | undefined {
  if (typeof applies === 'function') return undefined
  const expected = 'expected `applies` to be a function or to name a `keyPrefix` or an `attribute`'
  if (!isPlainObject(applies)) return `${expected}, got ${describe(applies)}`
  const { keyPrefix, attribute, ...unknown } = applies as Record<string, unknown>
  const [stranger] = Object.keys(unknown)
  if (stranger) return `${expected}, got \`${stranger}\``
  if (keyPrefix === undefined && attribute === undefined)
    return `${expected}; to claim every item, write \`() => true\``
  if (keyPrefix !== undefined && !isKeyPrefix(keyPrefix))
    return 'expected `applies.keyPrefix` to be { pk?: text, sk?: text }'
  if (attribute !== undefined && !isAttribute(attribute))
    return 'expected `applies.attribute` to be { name: text, equals: text, number, boolean or null }'
  return undefined
}

function isKeyPrefix(value: unknown): boolean {
  if (!isPlainObject(value)) return false
  const entries = Object.entries(value)
  return entries.length > 0 && entries.every(([name, prefix]) => /^[ps]k$/.test(name) && typeof prefix === 'string')
}

function isAttribute(value: unknown): boolean {
  if (!isPlainObject(value)) return false
  const { name, equals } = value as { name?: unknown; equals?: unknown }
  return typeof name === 'string' && (equals === null || ['string', 'number', 'boolean'].includes(typeof equals))
}
