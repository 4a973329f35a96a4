import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Emulator, startEmulator } from '../../local/index.ts'
import { Court, finished } from './court.ts'

let aws: Emulator
let court: Court
const ITEMS = 3_000

beforeAll(async () => {
  aws = await startEmulator()
  court = await Court.deploy(aws, 'Segments')
  await court.fill(ITEMS)
})
afterAll(() => aws?.stop())

it('walks a small table in 2,000 segments, most of them empty', async () => {
  const { code, output } = await court.segue('run', '--offline', '--segments', '2000', '--wait')
  expect(code, output).toBe(4)
  expect((await court.remembered())?.coverage).toMatchObject({ done: 2_000, open: 0, missing: [], failed: [] })
  expect(await court.result()).toEqual(finished(ITEMS))
})
