import { parentPort } from 'node:worker_threads'
import { runSeed } from './run-seed.ts'
import type { Profile } from './settings.ts'

/** Seeds `from` up to, but without, `to`. */
export interface Block {
  from: number
  to: number
  profile: Profile
}

// A promise that nobody awaits ends a Lambda's process; here it must not pass unseen either.
process.on('unhandledRejection', (reason) => {
  throw reason
})

// Injected faults are errors by the thousand, and nobody reads where they were made.
Error.stackTraceLimit = 0

parentPort?.on('message', async ({ from, to, profile }: Block) => {
  const results = []
  for (let seed = from; seed < to; seed++) results.push(await runSeed({ seed, profile }))
  parentPort?.postMessage(results)
})
