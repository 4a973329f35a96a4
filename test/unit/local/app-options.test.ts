import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, it } from 'vitest'
import { localOptions } from '../../../local/app-options.ts'
import { parseOptions } from '../../../shared/config/options.ts'

const tables = { sourceTable: 'old-table', destinationTable: 'new-table' }

it.each([
  ['an object', (options: object) => options],
  ['JSON', (options: object) => JSON.stringify(options)],
])('local options keep what cdk.json says as %s, in the measure of this machine', async (_, spelled) => {
  const segue = spelled({ ...tables, concurrency: 200, segments: 4_000, splitAfterSeconds: 300, memoryMb: 3008 })
  const given = JSON.stringify(await localOptions(await appWith(JSON.stringify({ context: { segue } })), 6))
  expect(parseOptions(JSON.parse(given))).toMatchObject({
    ...tables,
    memoryMb: 3008,
    sliceSeconds: 6,
    splitAfterSeconds: 2,
    concurrency: 10,
    segments: 40,
  })
})

it('local options need no context in cdk.json', async () => {
  expect(await localOptions(await appWith('{ "app": "npx tsx app.ts" }'), 6)).toMatchObject({ sliceSeconds: 6 })
})

it('local options name the file that is not JSON', async () => {
  await expect(localOptions(await appWith('nonsense'), 6)).rejects.toThrow(/cdk\.json.*JSON/)
})

async function appWith(text: string): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'segue-app-'))
  await writeFile(path.join(folder, 'cdk.json'), text)
  return folder
}
