import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Emulator, startEmulator } from '../../local/index.ts'
import { cheatsheet } from '../documents.ts'
import { Court } from './court.ts'

let aws: Emulator
let court: Court
const folder = mkdtempSync(path.join(tmpdir(), 'segue-documented-'))

beforeAll(async () => {
  aws = await startEmulator()
  court = await Court.deploy(aws, 'Documented')
  await court.fill(300)
})
afterAll(async () => {
  await aws?.stop()
  rmSync(folder, { recursive: true, force: true })
})

describe('The cheatsheet, followed from its first row to its last', () => {
  const seen = new Map<string, number>()

  it.each(cheatsheet().map((row) => [row.args.join(' '), row] as const))(
    '`segue %s` ends as it says',
    async (_, { args, codes }) => {
      const real = args.map((word) =>
        word === 'migrations.ts' ? 'examples/dawson/migrations.ts' : word === 'DIR' ? folder : word,
      )
      const asking = ['repair', 'capture', 'switch create'].some((command) => args.join(' ').startsWith(command))
      const asked = asking && !args.includes('--dry-run')
      const { code, output } = await court.segue(...real, ...(asked ? ['--yes'] : []))
      expect(codes, output).toContain(code)
      seen.set(args.join(' '), code)
    },
  )

  it('began a run, followed it, and found four items set aside', () => {
    expect(seen.get('run')).toBe(0)
    expect(seen.get('watch')).toBe(4)
    expect(seen.get('report --json')).toBe(4)
  })
})
