import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { App, Stack } from 'aws-cdk-lib'
import { Architecture, Function as Lambda, Runtime } from 'aws-cdk-lib/aws-lambda'
import { afterAll, expect, it } from 'vitest'
import { functionCode } from '../../../infra/bundle.ts'
import type { Resource } from './synth.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'segue-bundle-'))
afterAll(() => rmSync(folder, { recursive: true }))

function bundle(names: string[], migrations: string): string[] {
  const app = new App({ outdir: mkdtempSync(path.join(folder, 'out-')) })
  const stack = new Stack(app, 'Stack')
  for (const name of names)
    new Lambda(stack, name, {
      code: functionCode(name, migrations),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
    })
  const { Resources } = app.synth().getStackByName('Stack').template as { Resources: Record<string, Resource> }
  const assets = Object.values(Resources).flatMap(({ Properties }) => Properties?.Code?.S3Key ?? [])
  return assets.map((key: string) =>
    readFileSync(path.join(app.outdir, `asset.${key.replace('.zip', '')}`, 'index.mjs'), 'utf8'),
  )
}

it("binds the user's migrations into each function that asks for them, and keeps the functions apart", () => {
  const migrations = path.join(folder, 'migrations.ts')
  writeFileSync(migrations, "export default ['the migrations of a user']")
  const [lease = '', finish = ''] = bundle(['lease', 'finish'], migrations)
  expect(lease).toContain('the migrations of a user')
  expect(finish).not.toContain('the migrations of a user')
  expect(finish).toContain('handler')
  expect(lease).not.toContain(process.cwd())
})
