import { execFileSync } from 'node:child_process'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Emulator, startEmulator } from '../../local/index.ts'
import { Court, finished, pause } from './court.ts'

let aws: Emulator
let court: Court
const ITEMS = 45_000
const KILLS = 20

beforeAll(async () => {
  aws = await startEmulator()
  court = await Court.deploy(aws, 'Killed')
  await court.fill(ITEMS)
})
afterAll(() => aws?.stop())

it('loses and repeats nothing when slices are killed in the middle of a page, twenty times over', async () => {
  const execution = await court.start()
  const killed = new Set<number>()
  while (killed.size < KILLS) {
    const now = await court.remembered().catch(() => undefined)
    if (now?.coverage.complete) break
    // A chunk with a deadline has a slice at work; the worker that works hardest is in the middle of a page.
    const victim = now?.chunks.some(({ deadline }) => deadline !== undefined) && busiestWorker(aws.pid, killed)
    if (victim) {
      process.kill(victim, 'SIGKILL')
      killed.add(victim)
    }
    await pause(100)
  }
  expect(killed.size).toBe(KILLS)
  expect(await court.ended(execution)).toMatchObject({ status: 'SUCCEEDED' })
  expect(await court.result()).toEqual(finished(ITEMS))
})

/** Of the processes below the emulator that run the slice function, and were not killed yet, the one that works hardest. */
function busiestWorker(emulator: number, killed: Set<number>): number | undefined {
  const [busiest] = execFileSync('ps', ['-eo', 'pid=,ppid=,pcpu=,args='], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => /slicefunction/i.test(line))
    .map((line) => line.trim().split(/\s+/).slice(0, 3).map(Number) as [number, number, number])
    .filter(([pid, parent]) => parent === emulator && !killed.has(pid))
    .sort(([, , a], [, , b]) => b - a)
  return busiest?.[0]
}
