import { execFileSync } from 'node:child_process'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Emulator, startEmulator } from '../../local/index.ts'
import { Court, finished, kill, pause } from './court.ts'

let aws: Emulator
let court: Court
const ITEMS = 45_000
const KILLS = 20
/** Kills are paced by the work done: ones in quick succession meet a chunk only while it starts, until its retries are spent. */
const ITEMS_A_KILL = ITEMS / (2 * KILLS)

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
    if (now && (now.coverage.complete || now.run.state !== 'running')) break
    const due = Math.min(KILLS, Math.floor((now?.coverage.tallies.read ?? 0) / ITEMS_A_KILL)) - killed.size
    // A chunk with a deadline has a slice at work; the workers that have worked most are past their start, in the middle of a page.
    if (due > 0 && now?.chunks.some(({ deadline }) => deadline !== undefined))
      for (const victim of hardestWorkers(aws.pid, killed).slice(0, due)) if (kill(victim)) killed.add(victim)
    await pause(50)
  }
  expect(await court.ended(execution)).toEqual({ status: 'SUCCEEDED' })
  expect(killed.size).toBe(KILLS)
  expect(await court.result()).toEqual(finished(ITEMS))
})

/** Of the processes below the emulator that run the slice function, and were not killed yet: the most CPU time first. */
function hardestWorkers(emulator: number, killed: Set<number>): number[] {
  return execFileSync('ps', ['-eo', 'pid=,ppid=,time=,args='], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => /slicefunction/i.test(line))
    .map((line) => line.trim().split(/\s+/) as [string, string, string])
    .map(([pid, parent, time]) => ({ pid: Number(pid), parent: Number(parent), seconds: secondsOf(time) }))
    .filter(({ pid, parent }) => parent === emulator && !killed.has(pid))
    .sort((a, b) => b.seconds - a.seconds)
    .map(({ pid }) => pid)
}

/** Of `00:01:02`, or `1:02.34`. */
function secondsOf(time: string): number {
  return time.split(':').reduce((sum, part) => sum * 60 + Number(part), 0)
}
