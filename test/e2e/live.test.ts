import { execFileSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startWriter, type Writer } from '../../local/demo/writing.ts'
import { type Emulator, startEmulator } from '../../local/index.ts'
import { listDifferences } from '../../shared/ledger/differences.ts'
import { Court, kill, pause } from './court.ts'

let aws: Emulator
const writers: Writer[] = []
const ITEMS = 3_000
const HOT_SHARE = 0.5
const FILL_SEED = 7
/** As many as a slice is tried again: chance may choose the same chunk every time. */
const KILLS_OF_A_KIND = 6

beforeAll(async () => {
  aws = await startEmulator()
})
afterAll(async () => {
  for (const { process } of writers) process.kill('SIGKILL')
  await aws?.stop()
})

/** Side by side: most of the time of each is spent waiting for the stream. */
describe.concurrent('While the application keeps writing', () => {
  it('ends with a destination that equals the migrated source', async () => {
    const court = await Court.deploy(aws, 'Live', { options: { streamSlackSeconds: 3 } })
    await migrateWhileWriting(court, async () => {})
  })

  it('ends so too when slices and live functions are killed at random', async () => {
    const court = await Court.deploy(aws, 'LiveKilled', { options: { streamSlackSeconds: 3 } })
    const kills = { slice: 0, live: 0 }
    await migrateWhileWriting(court, async (settled) => {
      for (let i = 0; !settled(); i++) {
        const kind = i % 2 === 0 ? 'slice' : 'live'
        const [victim] = kills[kind] < KILLS_OF_A_KIND ? workers(aws.pid, `LiveKilled.*functions${kind}`) : []
        if (victim && kill(victim)) kills[kind]++
        await pause(400)
      }
    })
    expect(kills.slice).toBeGreaterThan(0)
    expect(kills.live).toBeGreaterThan(0)
  })
})

/** @param meanwhile called once the run is under way, with a function that says whether settling has ended. */
async function migrateWhileWriting(court: Court, meanwhile: (settled: () => boolean) => Promise<void>): Promise<void> {
  await court.fill(ITEMS, HOT_SHARE)
  const writing = writeTo(court)
  const execution = await court.start({ offline: false })
  let settled = false
  const disturbing = meanwhile(() => settled)
  const ended = court.ended(execution)
  await court.until(({ run }) => ['Verify', 'Orphans', 'Finished', 'Halted'].includes(run.phase))
  settled = true
  await disturbing
  const { puts, updates, deletes } = await writing.stop()
  expect(puts + updates + deletes).toBeGreaterThan(500)
  expect(await ended).toMatchObject({ status: 'SUCCEEDED' })

  await court.caughtUp()
  expect(await court.run({ offline: false, only: 'verify' })).toMatchObject({ status: 'SUCCEEDED' })
  const now = await court.remembered()
  expect(now?.run.state).toBe('finished')
  expect(await listDifferences(court.ledger, now!.run.id, now!.run.verification!.number)).toEqual([])
  const { code, output } = await court.segue('report')
  expect(output).toContain('no differences')
  // Sums that do not close, and differences, have exit codes of their own; poison items have 4.
  expect([0, 4]).toContain(code)
}

function writeTo(court: Court): Writer {
  const writer = startWriter({
    endpoint: court.endpoint,
    table: court.output('SourceTable'),
    filled: { seed: FILL_SEED, items: ITEMS, hotShare: HOT_SHARE },
    changesPerSecond: 100,
  })
  writers.push(writer)
  return writer
}

/** Processes below the emulator that run a function of this name, in random order. */
function workers(emulator: number, name: string): number[] {
  return execFileSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => new RegExp(name, 'i').test(line))
    .map((line) => line.trim().split(/\s+/).slice(0, 2).map(Number) as [number, number])
    .filter(([, parent]) => parent === emulator)
    .map(([pid]) => pid)
    .sort(() => Math.random() - 0.5)
}
