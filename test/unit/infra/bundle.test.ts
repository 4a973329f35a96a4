import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { SourceMap, type SourceMapping } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { App, Stack } from 'aws-cdk-lib'
import { Architecture, Function as Lambda, Runtime } from 'aws-cdk-lib/aws-lambda'
import { afterAll, expect, it } from 'vitest'
import { functionCode } from '../../../infra/bundle.ts'
import type { Resource } from './synth.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'segue-bundle-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** The folders that are uploaded for these functions. */
function bundle(names: string[], migrations: string, search?: string): string[] {
  const app = new App({ outdir: mkdtempSync(path.join(folder, 'out-')) })
  const stack = new Stack(app, 'Stack')
  for (const name of names)
    new Lambda(stack, name, {
      code: functionCode(name, migrations, search),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
    })
  const { Resources } = app.synth().getStackByName('Stack').template as { Resources: Record<string, Resource> }
  const assets = Object.values(Resources).flatMap(({ Properties }) => Properties?.Code?.S3Key ?? [])
  return assets.map((key: string) => path.join(app.outdir, `asset.${key.replace('.zip', '')}`))
}

const code = (asset = '') => readFileSync(path.join(asset, 'index.mjs'), 'utf8')

it("binds the user's migrations into each function that asks for them, and keeps the functions apart", () => {
  const migrations = path.join(folder, 'migrations.ts')
  writeFileSync(migrations, "export default ['the migrations of a user']")
  const [lease = '', finish = ''] = bundle(['lease', 'finish'], migrations).map(code)
  expect(lease).toContain('the migrations of a user')
  expect(finish).not.toContain('the migrations of a user')
  expect(finish).toContain('handler')
  expect(lease).not.toContain(process.cwd())
})

it("binds the user's index definitions likewise, and none where there is no module of them", () => {
  const search = path.join(folder, 'indices.ts')
  writeFileSync(search, "export default ['the indices of a user']")
  const [bound = ''] = bundle(['index-feed'], search, search).map(code)
  const [unbound = ''] = bundle(['index-feed'], search).map(code)
  expect(bound).toContain('the indices of a user')
  expect(unbound).not.toContain('the indices of a user')
})

it('maps a line of every bundle to the line of its source, so that one cause has one name', () => {
  const migrations = path.join(folder, 'throwing.ts')
  writeFileSync(
    migrations,
    'interface Erased {\n  text: string\n}\n\nexport default (text: Erased) => {\n  throw text\n}',
  )
  const places = bundle(['lease', 'slice'], migrations).map((asset) => {
    const bundled = code(asset).split('\n')
    const map = new SourceMap(JSON.parse(readFileSync(path.join(asset, 'index.mjs.map'), 'utf8')))
    const line = bundled.findIndex((text) => text.includes('throw text'))
    const { originalSource, originalLine } = map.findEntry(line, 4) as SourceMapping
    return `${path.basename(originalSource)}:${originalLine + 1}`
  })
  expect(places).toEqual(['throwing.ts:6', 'throwing.ts:6'])
})
