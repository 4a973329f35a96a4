import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Emulator, startEmulator } from '../../local/index.ts'
import { Court, finished, pause } from './court.ts'
import { writesAfter } from './witness.ts'

let aws: Emulator
let court: Court
/** So many, and slices so short, that the rest of the hot key never fits into one, however fast the machine. */
const ITEMS = 40_000

beforeAll(async () => {
  aws = await startEmulator()
  const options = { sliceSeconds: 5, splitAfterSeconds: 1, segments: 4 }
  court = await Court.deploy(aws, 'Paused', { options })
  await court.fill(ITEMS, 0.8)
})
afterAll(() => aws?.stop())

it('is paused in the middle of a split of a throttled table, and resumed', async () => {
  const execution = await court.start()
  // Time that a table throttles makes no key hot: it is throttled once there is a split.
  await court.until(({ chunks }) => chunks.some(({ id }) => id.includes('.')))
  await court.throttle({ writeUnits: 100 })
  await pause(5_000)
  expect(await court.running()).toContain(execution)

  expect(await court.segue('pause')).toMatchObject({ code: 0 })
  const paused = Date.now()
  expect(await court.ended(execution)).toMatchObject({ status: 'SUCCEEDED' })
  expect(await court.running()).toEqual([])
  const { run, chunks, lease } = (await court.remembered())!
  expect({ run, lease }).toMatchObject({ run: { state: 'stopped', because: 'paused' }, lease: { held: false } })
  const isChild = ({ id, state }: (typeof chunks)[number]) => id.includes('.') && state === 'open'
  expect(chunks.some(isChild), 'children of the split are left').toBe(true)
  expect(await writesAfter(court, paused, 'pause')).toEqual([])

  await court.throttle({})
  const resumed = await court.segue('resume', '--wait')
  expect(resumed.code, resumed.output).toBe(4)
  expect(await court.result()).toEqual(finished(ITEMS))
})
