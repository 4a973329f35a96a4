import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { initialize } from '../../../cli/init.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'segue-init-'))
})
afterEach(() => rm(folder, { recursive: true }))

const read = (name: string) => readFile(path.join(folder, name), 'utf8')
const write = (name: string, text: string) => writeFile(path.join(folder, name), text)
const manifest = async () => JSON.parse(await read('package.json'))
const starter = path.resolve(import.meta.dirname, '../../../examples/starter')
/** As `npm init -y` writes it. */
const fresh = {
  name: 'mine',
  version: '1.0.0',
  main: 'index.js',
  scripts: { test: 'echo "Error: no test specified" && exit 1' },
  type: 'commonjs',
}

describe('an empty folder', () => {
  test('gets the files of the starter, and their names are returned', async () => {
    const written = await initialize(folder)
    expect((await readdir(folder)).sort()).toEqual(written.toSorted())
    expect(await read('migrations.ts')).toBe(await readFile(path.join(starter, 'migrations.ts'), 'utf8'))
    expect(await read('.gitignore')).toContain('node_modules/')
  })

  test('gets every file of the starter', async () => {
    const written = await initialize(folder)
    const ofStarter = (await readdir(starter)).map((name) => (name === 'gitignore' ? '.gitignore' : name))
    expect(written.toSorted()).toEqual([...ofStarter, 'package.json'].sort())
  })

  test('gets a private package of ES modules with a version for everything the files import', async () => {
    await initialize(folder)
    const { type, private: isPrivate, scripts, devDependencies } = await manifest()
    expect({ type, isPrivate, test: scripts.test }).toEqual({ type: 'module', isPrivate: true, test: 'vitest run' })
    expect(Object.values(devDependencies)).not.toContain('*')
    expect(devDependencies).toHaveProperty('aws-cdk-lib')
  })
})

describe('a folder with a package.json', () => {
  test('as `npm init` writes it keeps its name, and becomes one of ES modules with a test', async () => {
    await write('package.json', JSON.stringify(fresh))
    await initialize(folder)
    const { name, type, scripts } = await manifest()
    expect({ name, type, test: scripts.test }).toEqual({ name: 'mine', type: 'module', test: 'vitest run' })
  })

  test('as `npm install` writes it in an empty folder becomes one of ES modules', async () => {
    await write('package.json', JSON.stringify({ dependencies: { zod: '^4.0.0' } }))
    await initialize(folder)
    expect(await manifest()).toMatchObject({ type: 'module', dependencies: { zod: '^4.0.0' } })
  })

  test('keeps its scripts and versions', async () => {
    const own = { type: 'module', scripts: { test: 'mine' }, dependencies: { zod: '^4.0.0' } }
    await write('package.json', JSON.stringify(own))
    await initialize(folder)
    const { scripts, dependencies, devDependencies } = await manifest()
    expect(scripts).toMatchObject({ test: 'mine', synth: 'cdk synth --quiet' })
    expect(dependencies).toEqual({ zod: '^4.0.0' })
    expect(devDependencies).not.toHaveProperty('zod')
  })

  test.each([
    ['of CommonJS', JSON.stringify({ ...fresh, scripts: { test: 'jest' } }), '"type": "module"'],
    ['that is not JSON', '{', 'not JSON'],
  ])('%s is left alone, and nothing is written', async (_, text, message) => {
    await write('package.json', text)
    await expect(initialize(folder)).rejects.toMatchObject({
      code: 'bad-package-json',
      message: expect.stringContaining(message),
    })
    expect(await readdir(folder)).toEqual(['package.json'])
    expect(await read('package.json')).toBe(text)
  })
})

test('where files exist they are named, and nothing is written', async () => {
  await write('cdk.json', '{}')
  await write('app.ts', 'mine')
  await expect(initialize(folder)).rejects.toMatchObject({
    code: 'files-exist',
    message: expect.stringContaining('app.ts, cdk.json exist here'),
  })
  expect((await readdir(folder)).sort()).toEqual(['app.ts', 'cdk.json'])
})

test('one file that exists is named as one', async () => {
  await write('app.ts', 'mine')
  await expect(initialize(folder)).rejects.toThrow('app.ts exists here')
})

test('the starter has the feature flags that CDK recommends, and GovCloud among the partitions', async () => {
  const { context } = JSON.parse(await readFile(path.join(starter, 'cdk.json'), 'utf8'))
  const flags = Object.fromEntries(Object.entries(context).filter(([name]) => name.startsWith('@')))
  const recommended = path.resolve('node_modules/aws-cdk-lib/recommended-feature-flags.json')
  expect(flags).toEqual({
    ...JSON.parse(await readFile(recommended, 'utf8')),
    '@aws-cdk/core:target-partitions': ['aws', 'aws-us-gov', 'aws-cn'],
  })
})
