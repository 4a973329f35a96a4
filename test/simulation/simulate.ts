import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { Result } from './run-seed.ts'
import type { Profile } from './settings.ts'
import { Totals } from './totals.ts'
import type { Block } from './worker.ts'

export interface Options {
  seeds: number
  /** First seed. */
  from: number
  profile: Profile
  /** Worker threads. @default one for each processor */
  threads?: number
}

/** Seeds that one worker gets at a time. */
const blockSize = 20

/** Runs seeds on worker threads, until all are done. */
export async function simulate(options: Options, progress: (totals: Totals) => void = () => {}): Promise<Totals> {
  const { seeds, from, profile, threads = availableParallelism() } = options
  const totals = new Totals()
  let next = from
  const block = (): Block | undefined => {
    const first = next
    next = Math.min(from + seeds, next + blockSize)
    return next > first ? { from: first, to: next, profile } : undefined
  }
  const work = () =>
    new Promise<void>((resolve, reject) => {
      const worker = new Worker(new URL('./worker.ts', import.meta.url), { execArgv: typescript() })
      const hand = () => {
        const todo = block()
        if (todo) worker.postMessage(todo)
        else void worker.terminate().then(() => resolve())
      }
      worker.on('message', (results: Result[]) => {
        for (const result of results) totals.add(result)
        progress(totals)
        hand()
      })
      worker.on('error', reject)
      hand()
    })
  await Promise.all(Array.from({ length: threads }, work))
  totals.failures.sort((a, b) => a.seed - b.seed)
  return totals
}

/** Node reads TypeScript by itself from 22.18 on. */
function typescript(): string[] {
  return process.features.typescript ? [] : ['--import', 'tsx']
}
