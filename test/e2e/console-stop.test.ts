import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startWriter, type Writer } from '../../local/demo/writing.ts'
import { type Emulator, startEmulator } from '../../local/index.ts'
import { Court, finished } from './court.ts'
import { writesAfter } from './witness.ts'

let aws: Emulator
const writers: Writer[] = []
/** The promise: a lease whose owner was stopped is free after two minutes. */
const FREE_MS = 120_000

beforeAll(async () => {
  aws = await startEmulator()
})
afterAll(async () => {
  for (const { process } of writers) process.kill('SIGKILL')
  await aws?.stop()
})

/** Side by side: most of the time of each is spent waiting for the watchdog. */
describe.concurrent('An execution that is stopped from the console', () => {
  it('in Copy frees the lease, and late slices, an orphan and a redrive write nothing into it', async () => {
    const items = 12_000
    const court = await Court.deploy(aws, 'StopCopy', { options: { sliceSeconds: 180, segments: 4 } })
    await court.fill(items)
    // Slices that the stop does not reach have work for minutes.
    await court.throttle({ writeUnits: 40 })
    const execution = await court.start()
    await court.until(({ lease, coverage }) => coverage.tallies.read > 0 && Date.now() - lease.since > 20_000)
    const [input] = await court.mapInputs(execution)
    await court.stop(execution)
    const stopped = Date.now()
    // The emulator stops nested executions, too; the service may leave one behind, and this is such an orphan.
    const orphan = await court.startChunk(input!)
    expect(await court.running()).toEqual([orphan])
    const freed = await isFreeAgain(court, stopped)
    expect(await writesAfter(court, freed, 'end of the lease')).toEqual([])
    expect(await court.ended(orphan)).toMatchObject({ status: 'SUCCEEDED' })

    const before = (await court.writes()).length
    await court.redrive(execution)
    expect(await court.ended(execution)).toMatchObject({ status: 'FAILED', error: 'fenced' })
    expect(await court.writes()).toHaveLength(before)

    await court.throttle({})
    const resumed = await court.segue('resume', '--wait')
    expect(resumed.code, resumed.output).toBe(4)
    expect(await court.result()).toEqual(finished(items))
  })

  it('in Drain frees the lease, and is resumed while the application writes', async () => {
    const items = 1_000
    const court = await Court.deploy(aws, 'StopDrain', { options: { streamSlackSeconds: 5 } })
    await court.fill(items)
    const filled = { seed: 7, items, hotShare: 0.5 }
    const table = court.output('SourceTable')
    const writer = startWriter({ endpoint: court.endpoint, table, filled, changesPerSecond: 20 })
    writers.push(writer)
    const execution = await court.start({ offline: false })
    await court.until(({ run }) => run.phase === 'Drain')
    await court.stop(execution)
    await isFreeAgain(court, Date.now())

    const resumed = await court.segue('resume', '--wait')
    expect([0, 4], resumed.output).toContain(resumed.code)
    await writer.stop()
    await court.caughtUp()
    expect(await court.run({ offline: false, only: 'verify' })).toMatchObject({ status: 'SUCCEEDED' })
    expect([0, 4]).toContain((await court.segue('report')).code)
  })

  it('in Verify frees the lease, and is resumed', async () => {
    const items = 1_000
    const court = await Court.deploy(aws, 'StopVerify', { options: { segments: 4 } })
    await court.fill(items)
    // Copy reads nothing there, and Verify does.
    await court.throttle({ readUnits: 20 })
    const execution = await court.start()
    await court.until(({ run }) => run.phase === 'Verify')
    await court.stop(execution)
    await isFreeAgain(court, Date.now())

    await court.throttle({})
    const resumed = await court.segue('resume', '--wait')
    expect(resumed.code, resumed.output).toBe(4)
    expect(await court.result()).toEqual(finished(items))
  })
})

/** @returns when the lease was free. */
async function isFreeAgain(court: Court, stopped: number): Promise<number> {
  const freed = await court.freed()
  console.info(`${court.name}: the lease was free ${((freed - stopped) / 1000).toFixed(0)} s after the stop.`)
  expect(freed - stopped).toBeLessThanOrEqual(FREE_MS)
  expect((await court.remembered())?.run).toMatchObject({ state: 'stopped', because: 'interrupted' })
  return freed
}
