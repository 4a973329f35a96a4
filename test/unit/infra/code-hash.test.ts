import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { codeHash } from '../../../infra/code-hash.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'segue-code-hash-'))
afterAll(() => rmSync(folder, { recursive: true }))

function migrations(at: string, helper: string): string {
  const home = path.join(folder, at)
  mkdirSync(home, { recursive: true })
  writeFileSync(path.join(home, 'helper.ts'), helper)
  writeFileSync(path.join(home, 'old.cjs'), 'module.exports = { priority: 1 }')
  writeFileSync(
    path.join(home, 'migrations.ts'),
    "import old from './old.cjs'\nimport { rank } from './helper.ts'\nexport default [rank, old]",
  )
  return path.join(home, 'migrations.ts')
}

describe('the code hash', () => {
  const base = codeHash(migrations('a', 'export const rank = (urgent: boolean) => (urgent ? 1 : 2)'))

  it('is SHA-256 in hex, the same each time and in any folder', () => {
    expect(base).toMatch(/^[0-9a-f]{64}$/)
    cpSync(path.join(folder, 'a'), path.join(folder, 'elsewhere', 'deep'), { recursive: true })
    expect(codeHash(path.join(folder, 'elsewhere', 'deep', 'migrations.ts'))).toBe(base)
  })

  it('changes with the code of whatever the module imports', () => {
    expect(codeHash(migrations('b', 'export const rank = (urgent: boolean) => (urgent ? 1 : 3)'))).not.toBe(base)
  })

  it('does not change with comments or formatting', () => {
    const text = 'export const rank = (urgent: boolean) => (urgent\n ? 1 // now\n : 2)'
    expect(codeHash(migrations('c', `// how urgent it is\n${text}`))).toBe(base)
  })
})
