import { afterAll, beforeAll, expect, it } from 'vitest'
import { startWriter, type Writer } from '../../local/demo/writing.ts'
import { type Emulator, startEmulator } from '../../local/index.ts'
import { waitFor } from '../../local/processes.ts'
import { Court, finished, pause } from './court.ts'
import { writesAfter } from './witness.ts'

/**
 * With `SEGUE_ABORT_MINUTES=10` the run is live, an application writes all the time, and it is resumed so many minutes after
 * the abort: 15 minutes in all. Without, it is offline and resumed once it is aborted.
 */
const MINUTES = Number(process.env.SEGUE_ABORT_MINUTES ?? 0)
const isLive = MINUTES > 0
const ITEMS = 3_000
const HOT_SHARE = 0.5

let aws: Emulator
let court: Court
let writer: Writer | undefined

beforeAll(async () => {
  aws = await startEmulator()
  court = await Court.deploy(aws, 'Aborted', { options: { sliceSeconds: 60, segments: 4, streamSlackSeconds: 3 } })
  await court.fill(ITEMS, HOT_SHARE)
})
afterAll(async () => {
  writer?.process.kill('SIGKILL')
  await aws?.stop()
})

it('is aborted while a throttled table is copied, announced by the watchdog, and resumed', {
  timeout: (15 + MINUTES) * 60_000,
}, async () => {
  await court.throttle({ writeUnits: 100 })
  if (isLive) writer = startWriter({ endpoint: court.endpoint, table: court.output('SourceTable'), ...written })
  const execution = await court.start({ offline: !isLive })
  await court.until(({ coverage }) => coverage.tallies.read > 300)

  expect(await court.segue('abort', '--yes')).toMatchObject({ code: 0 })
  const aborted = Date.now()
  expect(await court.ended(execution)).toMatchObject({ status: 'FAILED', error: 'aborted' })
  expect(await court.running()).toEqual([])
  expect(await writesAfter(court, aborted, 'abort')).toEqual([])

  const isAnnounced = async () => (await court.remembered())?.run.state === 'aborted'
  expect(await waitFor(isAnnounced, { timeoutMs: 20 * 60_000, everyMs: 500 })).toBe(true)
  console.info(`The run was \`aborted\` ${((Date.now() - aborted) / 1000).toFixed(0)} s after the abort.`)
  await pause(Math.max(0, aborted + MINUTES * 60_000 - Date.now()))
  expect(await writesAfter(court, aborted, 'abort')).toEqual([])

  await court.throttle({})
  const resumed = await court.segue('resume', '--wait')
  // Deletes and updates of the application may have left nothing to quarantine.
  expect(isLive ? [0, 4] : [4], resumed.output).toContain(resumed.code)
  if (!writer) return expect(await court.result()).toEqual(finished(ITEMS))
  console.info(`The application made ${JSON.stringify(await writer.stop())}.`)
  await court.caughtUp()
  expect(await court.run({ offline: false, only: 'verify' })).toMatchObject({ status: 'SUCCEEDED' })
  expect([0, 4]).toContain((await court.segue('report')).code)
})

const written = { filled: { seed: 7, items: ITEMS, hotShare: HOT_SHARE }, changesPerSecond: 5 }
