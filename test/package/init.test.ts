import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { inFolder, tarball } from './packed.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'segue-init-'))
})
afterAll(() => rm(folder, { recursive: true }))

test('`segue init` in an empty folder ends in a green check, a green test and a green synth', async () => {
  const run = inFolder(folder)
  await run('npm', 'init', '-y')
  await run('npm', 'install', '--no-audit', '--no-fund', await tarball())
  expect(await run('npx', 'segue', 'init')).toContain('migrations.ts')
  await run('npm', 'install', '--no-audit', '--no-fund')
  await run('npm', 'run', 'check')
  expect(await run('npm', 'test')).toMatch(/Tests .*2 passed/)
  await run('npx', 'cdk', 'synth', '--quiet')
  // A second time it finds its own files, and leaves them alone.
  await expect(run('npx', 'segue', 'init')).rejects.toThrow('exist here, so nothing was written')
})
