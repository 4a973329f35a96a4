import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { expected } from '../../../examples/dawson/expected.ts'
import { generate } from '../../../examples/dawson/generate.ts'
import migrationsModule, * as module from '../../../examples/dawson/migrations.ts'
import { rawItem } from '../../../shared/dynamodb/raw-item.ts'
import { loadMigrations } from '../../../shared/migrations/load-migrations.ts'
import { migrateItem } from '../../../shared/migrations/migrate-item.ts'
import { apply } from '../../../testing/index.ts'
import { pkAndSk, unordered } from '../migrations/fixtures.ts'

const migrations = loadMigrations(module)
const results = [...generate({ seed: 2021, items: 5_000, hotShare: 0.4 })].map((item) => ({
  item,
  migrated: migrateItem(migrations, pkAndSk, rawItem(pkAndSk, item)),
}))

describe('the court, migrated', () => {
  it('is what the rules written by hand say, item by item', () => {
    for (const { item, migrated } of results) {
      const actual =
        migrated.kind === 'quarantined'
          ? { quarantined: true }
          : { outputs: migrated.kind === 'dropped' ? [] : migrated.outputs.map((output) => output.attributes()) }
      expect(unordered(actual)).toEqual(unordered(expected(item)))
    }
  })

  it('quarantines each kind of poison, one in the outbox, and nothing else', () => {
    const reasons = results.flatMap(({ migrated }) => (migrated.kind === 'quarantined' ? [migrated] : []))
    expect(reasons.map(({ migration, reason }) => `${migration}: ${reason.replace(/:\d+$/, '')}`).sort()).toEqual([
      '2021-09-01-rename-outbox-items: source schema: at `section`: expected string',
      '2021-09-03-split-correspondence: two outputs have the same key',
      '2021-09-05-sort-messages: up threw RangeError at migrations.ts',
      '2021-09-06-search-drafts: output: larger than 409,600 bytes',
    ])
  })

  it('touches the outbox in part and leaves many items alone', () => {
    const count = (isHot: boolean, kind: string) =>
      results.filter(({ item, migrated }) => isHot === 'auditNumber' in item && migrated.kind === kind).length
    expect(count(true, 'migrated')).toBeGreaterThan(500)
    expect(count(true, 'untouched')).toBeGreaterThan(500)
    expect(count(false, 'migrated')).toBeGreaterThan(500)
    expect(count(false, 'untouched')).toBeGreaterThan(500)
    expect(count(false, 'dropped')).toBeGreaterThan(100)
  })

  it('uses every migration', () => {
    for (const [index, migration] of migrations.entries()) {
      const without = migrations.filter((_, i) => i !== index)
      const differs = results.some(({ item, migrated }) => {
        const other = migrateItem(without, pkAndSk, rawItem(pkAndSk, item))
        return JSON.stringify(unordered(raws(other))) !== JSON.stringify(unordered(raws(migrated)))
      })
      expect(differs, migration.id).toBe(true)
    }
  })

  it('is tested by users the way the README shows', () => {
    const readme = readFileSync(new URL('../../../examples/dawson/README.md', import.meta.url), 'utf8')
    const example = /expect\((apply\(migrations, .*\))\)\.toEqual\((.*)\)$/m.exec(readme)
    const run = new Function('apply', 'migrations', `return [${example?.[1]}, ${example?.[2]}]`)
    const [actual, wanted] = run(apply, migrationsModule)
    expect(wanted).toEqual({ kind: 'dropped' })
    expect(actual).toEqual(wanted)
  })

  it('is expected by rules that import neither the engine nor the migrations', () => {
    const source = readFileSync(new URL('../../../examples/dawson/expected.ts', import.meta.url), 'utf8')
    expect(source.match(/^import .*$/gm)).toEqual(["import type { Attributes, AttributeValue } from 'dynamodb-segue'"])
  })
})

function raws(migrated: ReturnType<typeof migrateItem>) {
  return 'outputs' in migrated ? migrated.outputs.map((output) => output.attributes()) : migrated
}
