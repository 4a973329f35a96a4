import { execFileSync } from 'node:child_process'
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadIndices } from '../../../shared/migrations/load-indices.ts'
import { loadMigrations } from '../../../shared/migrations/load-migrations.ts'

const root = path.resolve(import.meta.dirname, '../../..')
/** Inside the checkout, so that `dynamodb-segue` is this package; ignored by git. */
const folder = path.join(root, '.segue', 'docs-blocks')

/** Every ```ts block of a page, without the indentation of a list it may stand in. */
function blocksOf(page: string): string[] {
  const text = readFileSync(path.join(root, page), 'utf8')
  return [...text.matchAll(/^( *)```ts\n([\s\S]*?)^ *```$/gm)].map(([, indent = '', code = '']) =>
    code.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  )
}

const pages = ['README.md', ...globSync('docs/*.md', { cwd: root })]
const blocks = pages.flatMap((page) =>
  blocksOf(page).map((code, i) => ({ name: `${path.basename(page, '.md')}-${i + 1}`, code })),
)

rmSync(folder, { recursive: true, force: true })
mkdirSync(folder, { recursive: true })
for (const { name, code } of blocks) writeFileSync(path.join(folder, `${name}.ts`), code)
writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify({ extends: '../../tsconfig.json', include: ['*.ts'] }))

describe('the TypeScript in README and docs', () => {
  test('is there', () => {
    expect(blocks.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['README-1', 'writing-migrations-1', 'writing-migrations-5']),
    )
  })

  test('type-checks', () => {
    const tsc = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc')
    const check = () => execFileSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8', stdio: 'pipe' })
    expect(check).not.toThrow()
  })

  test('runs, and holds migrations and index definitions that a run would take', async () => {
    const modules = blocks.filter(({ code }) => !code.includes("from 'vitest'"))
    const loaded = await Promise.all(
      modules.map(async ({ name }) => ({ name, module: await import(path.join(folder, `${name}.ts`)) })),
    )
    const exported = loaded.filter(({ module }) => 'default' in module)
    const of = (search: boolean) =>
      exported.filter(({ name }) => name.startsWith('search-') === search).map(({ module }) => module)
    expect(of(false).map((module) => loadMigrations(module).length)).toEqual([1, 1, 3])
    expect(of(true).map((module) => loadIndices(module).length)).toEqual([1])
  })

  for (const { name, code } of blocks)
    if (code.includes(`from 'vitest'`))
      // Its own tests run here.
      describe(name, async () => {
        await import(path.join(folder, `${name}.ts`))
      })
})
