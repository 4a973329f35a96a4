import { describe, expect, it } from 'vitest'
import { MigrationsModuleError } from '../../../shared/migrations/index.ts'
import { loadMigrations } from '../../../shared/migrations/load-migrations.ts'
import { anything, migration } from './fixtures.ts'

describe('a migrations module', () => {
  it('gives its migrations in their order', () => {
    const migrations = [migration({ id: '2021-b' }), migration({ id: '2021-a' }), migration({ id: '20210911t030000' })]
    expect(loadMigrations({ default: migrations })).toEqual(migrations)
  })

  it('may be compiled to CommonJS, as the modules of a package without `"type": "module"` are', () => {
    const migrations = [migration({ id: '2021-a' })]
    expect(loadMigrations({ default: { __esModule: true, default: migrations } })).toEqual(migrations)
  })

  it.each<[string, unknown, string]>([
    ['nothing', undefined, 'default-export an array of migrations, got undefined'],
    ['no default export', { migrations: [] }, 'default-export an array of migrations, got undefined'],
    ['one migration by itself', { default: migration() }, 'default-export an array of migrations, got Object'],
    ['no migration', { default: [] }, 'at least one migration, got an empty array'],
    ['an id twice', { default: [migration(), migration()] }, 'its own id, got `m1` twice'],
    [
      'what is no migration',
      { default: [migration(), null] },
      'Migration 2 (without an id): expected what defineMigration',
    ],
  ])('is refused when it exports %s', (_, module, message) => {
    expect(() => loadMigrations(module)).toThrow(message)
    expect(() => loadMigrations(module)).toThrow(MigrationsModuleError)
  })

  it.each<[string, object, string]>([
    ['a capital in its id', { id: 'Split' }, 'Migration 1 (`Split`): expected `id` to be lower-case'],
    ['an id that begins with a hyphen', { id: '-a' }, 'expected `id`'],
    ['an empty id', { id: '' }, 'expected `id`'],
    ['no id', { id: undefined }, 'Migration 1 (without an id): expected `id`'],
    ['no title', { title: ' ' }, 'Migration 1 (`m1`): expected `title`'],
    ['no source', { source: undefined }, 'expected `source` to be a schema'],
    ['a target that is no schema', { target: { parse() {} } }, 'expected `target` to be a schema'],
    ['no up', { up: undefined }, 'expected `up` to be a function, got undefined'],
    ['no applies', { applies: undefined }, 'name a `keyPrefix` or an `attribute`, got undefined'],
    ['an applies that would claim everything', { applies: {} }, 'write `() => true`'],
    ['an unknown word in applies', { applies: { prefix: 'a' } }, 'got `prefix`'],
    ['a key prefix without a key', { applies: { keyPrefix: {} } }, 'expected `applies.keyPrefix`'],
    ['a key prefix of another key', { applies: { keyPrefix: { id: 'a' } } }, 'expected `applies.keyPrefix`'],
    ['a key prefix that is a number', { applies: { keyPrefix: { pk: 1 } } }, 'expected `applies.keyPrefix`'],
    ['an attribute without a value', { applies: { attribute: { name: 'a' } } }, 'expected `applies.attribute`'],
    ['an attribute without a name', { applies: { attribute: { equals: 'a' } } }, 'expected `applies.attribute`'],
  ])('is refused when a migration has %s', (_, parts, message) => {
    expect(() => loadMigrations({ default: [{ ...migration(), ...parts }] })).toThrow(message)
  })

  it('may declare any claim', () => {
    const claims = [
      { keyPrefix: { pk: 'a' } },
      { keyPrefix: { sk: '' } },
      { attribute: { name: 'x', equals: null } },
      { keyPrefix: { pk: 'a', sk: 'b' }, attribute: { name: 'x', equals: 0 } },
    ]
    for (const applies of claims)
      expect(loadMigrations({ default: [migration({ applies, source: anything })] })).toHaveLength(1)
  })
})
